import * as auth from '@aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito';
import { Amplify, sessionStorage } from '@aws-amplify/core';
import type { Config } from '../config';

/** Nobody is signed in, or no longer. */
export class SessionEnded extends Error {}

/** There was no answer: nobody knows whether the call arrived. */
export class NoAnswer extends Error {}

/** Who is signed in. */
export interface User {
  readonly id: string;
  readonly email: string;
}

/**
 * Takes up the session of this tab, if there is one. The tokens are kept in the tab's own storage: a reload finds them, and they are gone with
 * the tab, where `localStorage` would keep them on the disk for whoever uses the browser next.
 */
export function configureSession({ userPoolId, userPoolClientId, userPoolEndpoint }: Config): void {
  const Auth = { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint } };
  cognitoUserPoolsTokenProvider.setKeyValueStorage(sessionStorage);
  cognitoUserPoolsTokenProvider.setAuthConfig(Auth);
  Amplify.configure({ Auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
}

/** Signs in by the secure remote password protocol: the password does not leave the browser. Answers whether she has to choose a new one first. */
export async function signIn(email: string, password: string): Promise<'signed in' | 'new password required'> {
  await auth.signOut(); // of a session that has ended, which Amplify may not know
  const { nextStep } = await auth.signIn({ username: email, password });
  return outcome(nextStep.signInStep);
}

/** The second half of a first sign-in. */
export async function chooseNewPassword(password: string): Promise<'signed in' | 'new password required'> {
  const { nextStep } = await auth.confirmSignIn({ challengeResponse: password });
  return outcome(nextStep.signInStep);
}

function outcome(step: string): 'signed in' | 'new password required' {
  switch (step) {
    case 'DONE': return 'signed in';
    case 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED': return 'new password required';
    default: throw new Error(`The users of this café are asked for ${step}, which its website does not know`);
  }
}

/** Forgets the tokens, and revokes the one that would bring new ones. */
export async function signOut(): Promise<void> {
  await auth.signOut();
}

/** Who is signed in: from the token that the API gets, which is fetched anew if it has expired. */
export async function signedInUser(): Promise<User> {
  const { payload } = await idToken();
  return { id: payload.sub!, email: String(payload.email) };
}

export async function idToken() {
  const { tokens } = await auth.fetchAuthSession().catch((error: Error) => {
    throw error.name === 'NetworkError' ? new NoAnswer('no answer', { cause: error }) : error;
  });
  if (!tokens?.idToken) throw new SessionEnded();
  return tokens.idToken;
}
