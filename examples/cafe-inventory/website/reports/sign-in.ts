import { element } from '../page';
import { chooseNewPassword, signIn } from './session';
import { announce, entitle, show, tellProblem } from './views';
import { NO_ANSWER } from './words';

/**
 * The same for a wrong password, an unknown address and a first password that is too old: who tries addresses does not learn which of them are known.
 */
const NOT_RIGHT = 'This address and password do not go together. Check both. A first password works for three days: if yours is older, ask the owner for a new one.';

const PROBLEMS: Record<string, string> = {
  NotAuthorizedException: NOT_RIGHT,
  UserNotFoundException: NOT_RIGHT,
  PasswordResetRequiredException: NOT_RIGHT,
  InvalidPasswordException: 'This password is too simple: it needs at least 12 characters, with capital and small letters, a digit and a symbol.',
  PasswordHistoryPolicyViolationException: 'You have had this password before. Choose another one.',
  LimitExceededException: 'These were many tries. Wait a few minutes, then try again.',
  TooManyRequestsException: 'These were many tries. Wait a few minutes, then try again.',
  NetworkError: `${NO_ANSWER} Try again.`,
};

/** Wires the two forms. `signedIn` is called once somebody is. */
export function wireSignIn(signedIn: () => void): void {
  const goOn = (outcome: 'signed in' | 'new password required') => {
    if (outcome === 'signed in') {
      for (const form of document.forms) form.reset();
      return signedIn();
    }
    const { email } = fields('sign-in-form');
    fields('new-password-form').email.value = email.value;
    entitle('Choose your password');
    show('new-password');
  };
  wireForm('sign-in-form', async ({ email, password }) => goOn(await signIn(email.value.trim(), password.value)));
  wireForm('new-password-form', async ({ password }) => goOn(await chooseNewPassword(password.value)));
}

/** Asks to sign in; `reason` says why, where it is not she who came for it. */
export function showSignIn(reason?: string): void {
  element('sign-in-reason').textContent = reason ?? '';
  element('sign-in-reason').hidden = !reason;
  entitle('Sign in');
  show('sign-in');
  announce(reason ?? '');
}

type Fields = Record<'email' | 'password', HTMLInputElement>;

function fields(formId: string): Fields {
  return element<HTMLFormElement>(formId).elements as unknown as Fields;
}

/** One try at a time; after one that failed, the password is entered anew. */
function wireForm(id: string, submit: (fields: Fields) => Promise<void>): void {
  const form = element<HTMLFormElement>(id);
  const button = form.querySelector('button')!;
  const problem = form.querySelector<HTMLElement>('.problem')!;
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    problem.hidden = true;
    try {
      await submit(fields(id));
    } catch (error) {
      const { name, message } = error as Error;
      tellProblem(problem, PROBLEMS[name] ?? `Signing in failed: ${message}`);
      fields(id).password.value = '';
      fields(id).password.focus();
    } finally {
      button.ariaDisabled = 'false';
    }
  });
}
