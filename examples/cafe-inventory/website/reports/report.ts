import { copyOf, element, fill } from '../page';
import { Refused, type ReportApi } from './api';
import type { Report } from './contract';
import { poll } from './poll';
import { NoAnswer } from './session';
import { announce, entitle, show, tellProblem } from './views';
import { daysOf, explanationOf, isEnded, nameOf, NO_ANSWER, statusOf, STEP_STATUS, when } from './words';

/** One report: how it is getting on, and what can be done with it. */
export class ReportView {
  private watch = new AbortController();
  private reportId = '';
  private announced = '';

  constructor(private readonly api: ReportApi) {}

  /** Shows it, and how it goes on, until it has ended or she leaves. */
  public async show(reportId: string): Promise<void> {
    this.clear();
    this.reportId = reportId;
    entitle('Report');
    show('report');
    const { signal } = this.watch = new AbortController();
    await poll(() => this.refresh(signal), signal);
  }

  /** Leaves nothing of it on the page. */
  public clear(): void {
    this.watch.abort();
    element<HTMLDialogElement>('revoke-dialog').close();
    this.reportId = '';
    this.announced = '';
    announce('');
    draw(undefined);
  }

  /**
   * Opens the report in a tab of its own, which is opened within the click, or else the browser takes it for an advertisement, and learns its
   * address when that is there. The page has no way back to this one, and is not told where it was opened from.
   */
  public async open(): Promise<void> {
    const tab = window.open('', '_blank');
    try {
      const address = await this.api.address(this.reportId);
      if (tab) {
        tab.opener = null;
        tab.location.replace(address);
      } else {
        window.location.assign(address);
      }
    } catch (error) {
      tab?.close();
      throw error;
    }
  }

  public async revoke(): Promise<void> {
    const { reportId } = this;
    const dialog = element<HTMLDialogElement>('revoke-dialog');
    dialog.returnValue = '';
    dialog.showModal();
    await new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
    if (dialog.returnValue !== 'revoke') return;
    await this.api.revokeLink(reportId);
    if (reportId !== this.reportId) return; // she has gone on meanwhile
    element('revoke').hidden = true;
    element('report-explanation').textContent = 'The mailed link opens no longer. You can still open the report here.';
    announce('The mailed link is revoked.');
    element('open').focus(); // the button that had the focus is gone
  }

  /** Whether there is nothing more to wait for. A connection that is gone comes back; whatever else is wrong stays wrong. */
  private async refresh(signal: AbortSignal): Promise<boolean> {
    const problem = element('report-problem');
    try {
      const report = await this.api.report(this.reportId);
      if (signal.aborted) return true;
      problem.hidden = true;
      draw(report);
      this.announce(report);
      return isEnded(report);
    } catch (error) {
      if (signal.aborted) return true;
      const isPassing = error instanceof NoAnswer || (error instanceof Refused && error.isPassing);
      if (!isPassing) {
        element('report-card').hidden = true;
        throw error;
      }
      if (problem.hidden) tellProblem(problem, `${NO_ANSWER} The page goes on asking.`);
      return false;
    }
  }

  /** Each change once, and only that. */
  private announce(report: Report): void {
    const steps = (report.steps ?? []).filter(({ status }) => status === 'RUNNING' || status === 'FAILED');
    const text = isEnded(report) ? `${statusOf(report)}. ${explanationOf(report)}` : steps.map(step => `${nameOf(step)}: ${STEP_STATUS[step.status]}`).join('. ');
    if (text !== this.announced) announce(text);
    this.announced = text;
  }
}

/** Without a report: what is there before it is known. */
function draw(report: Report | undefined): void {
  element('report-card').hidden = false;
  if (report?.report) element('report-view').querySelector('h1')!.textContent = report.report;
  element('report-days').textContent = report?.period ? daysOf(report.period) : '–';
  element('report-status').textContent = report ? statusOf(report) : '';
  element('report-status').dataset.status = report?.status ?? '';
  element('report-explanation').textContent = report ? explanationOf(report) : '';
  element('report-steps').hidden = report !== undefined && report.steps === undefined;
  element('report-steps').replaceChildren(...(report?.steps ?? []).map(step => {
    const item = copyOf('step-template');
    item.dataset.status = step.status;
    fill(item, '.step-name', nameOf(step));
    fill(item, '.step-status', STEP_STATUS[step.status]);
    return item;
  }));
  element('report-facts').replaceChildren(...factsOf(report).map(([name, value]) => {
    const fact = copyOf('fact-template');
    fill(fact, 'dt', name);
    fill(fact, 'dd', value);
    return fact;
  }));
  const isDelivered = report?.status === 'DELIVERED';
  element<HTMLButtonElement>('open').disabled = !isDelivered;
  element('revoke').hidden = !(isDelivered && report.requestedAt);
}

/** Always the same, so that nothing moves when they become known. */
function factsOf({ requestedAt, createdAt, rows, linkExpiresAt }: Partial<Report> = {}): [string, string][] {
  const begun = requestedAt ?? createdAt;
  return [
    [begun === requestedAt ? 'Requested' : 'Made by schedule', begun ? when(begun) : '–'],
    ['Rows', rows === undefined ? '–' : rows.toLocaleString('en-GB')],
    ['Mailed link works until', linkExpiresAt ? when(linkExpiresAt) : '–'],
  ];
}
