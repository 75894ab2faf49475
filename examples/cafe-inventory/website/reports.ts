import { readConfig } from './config';
import { element } from './page';
import { Refused, ReportApi } from './reports/api';
import { ReportList } from './reports/list';
import { ReportView } from './reports/report';
import { forgetPendingRequest, pendingRequest, requestReport } from './reports/request';
import { configureSession, NoAnswer, SessionEnded, signedInUser, signOut, type User } from './reports/session';
import { showSignIn, wireSignIn } from './reports/sign-in';
import { announce, isShown, show, tellProblem } from './reports/views';
import { NO_ANSWER } from './reports/words';

/**
 * The bookkeepers' page: sign in, request a report, watch it, open it, revoke its link, see the earlier ones.
 *
 * The address says what is shown: `#report-<id>` one report, everything else the list. So the browser's back button works, and who has to sign in
 * again is back where she was.
 */
async function main(): Promise<void> {
  const config = await readConfig();
  configureSession(config);
  const api = new ReportApi(config.apiUrl);
  const list = new ReportList(api);
  const view = new ReportView(api);

  const onlyReorder = element<HTMLInputElement>('only-reorder');

  let user: User;

  /** Shows what the address says, to who is signed in. */
  async function arrive(): Promise<void> {
    user = await signedInUser();
    element('account-email').textContent = user.email;
    element('account').hidden = false;
    const [, reportId] = /^#report-([0-9a-f]{32})$/.exec(location.hash) ?? [];
    if (reportId) return view.show(reportId);
    view.clear();
    return list.show();
  }

  async function request(): Promise<void> {
    const { reportId } = await requestReport(api, user.id, { onlyBelowReorderLevel: onlyReorder.checked });
    onlyReorder.checked = false;
    location.hash = `report-${reportId}`;
  }

  /** Takes everything from the page that is not for everybody. */
  function forget(): void {
    element('account').hidden = true;
    element('account-email').textContent = '';
    onlyReorder.checked = false;
    view.clear();
    list.clear();
  }

  /** Does what she asked for, and says what was wrong with it. */
  async function attempt(problem: HTMLElement, work: () => Promise<void>): Promise<void> {
    problem.hidden = true;
    try {
      await work();
    } catch (error) {
      if (error instanceof SessionEnded) {
        const wasHere = !element('account').hidden;
        forget();
        showSignIn(wasHere ? 'Your session has ended. Sign in again, and you are back where you were.' : undefined);
      } else if (error instanceof Refused) {
        tellProblem(problem, error.message);
      } else if (error instanceof NoAnswer && isShown('loading')) {
        show('trouble');
      } else if (error instanceof NoAnswer) {
        tellProblem(problem, `${NO_ANSWER} Try again.`);
      } else {
        console.error(error);
        tellProblem(problem, 'Something went wrong on this page. Load it anew, and tell the owner if that does not help.');
      }
    }
  }

  const route = () => attempt(element(location.hash.startsWith('#report-') ? 'report-problem' : 'list-problem'), arrive);

  /** A button that is at work takes no second click. It keeps the focus, which one that is disabled in earnest would lose. */
  function wire(id: string, problemId: string, work: () => Promise<void>): void {
    const button = element(id);
    button.addEventListener('click', async () => {
      if (button.ariaDisabled === 'true') return;
      button.ariaDisabled = 'true';
      await attempt(element(problemId), work);
      button.ariaDisabled = 'false';
    });
  }

  wire('request', 'request-problem', request);
  wire('more', 'list-problem', () => list.showMore());
  wire('list-retry', 'list-problem', () => list.show());
  wire('open', 'report-problem', () => view.open());
  wire('revoke', 'report-problem', () => view.revoke());
  element('sign-out').addEventListener('click', async () => {
    forget();
    forgetPendingRequest();
    await signOut();
    history.replaceState(undefined, '', location.pathname);
    showSignIn();
    announce('You are signed out.');
  });
  wireSignIn(async () => {
    await route();
    const pending = pendingRequest(user.id);
    if (pending && isShown('reports')) { // what she had asked for when her session ended
      onlyReorder.checked = pending.parameters.onlyBelowReorderLevel;
      element('request').click();
    }
  });
  window.addEventListener('hashchange', route);
  await route();
}

document.querySelector('.skip-link')!.addEventListener('click', event => {
  event.preventDefault(); // of what follows a `#` only reports are told
  element('main').focus();
});

element('trouble-retry').addEventListener('click', () => location.reload());

main().catch(error => {
  console.error(error);
  show('trouble');
});
