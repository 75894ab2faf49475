import { randomBytes } from 'node:crypto';
import {
  AdminAddUserToGroupCommand, AdminCreateUserCommand, AdminInitiateAuthCommand, AdminSetUserPasswordCommand, CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Cloud } from './cloud';
import type { Outputs } from './deploy';

export interface Report {
  readonly reportId: string;
  readonly status: string;
  readonly rows?: number;
  readonly linkExpiresAt?: string;
}

/** Somebody who can sign in. */
export interface User { readonly email: string; readonly password: string }

/** Adds somebody to the café's users, as its owner does. She gets a first password, to be changed when she signs in. */
export async function addUser(cloud: Cloud, { UserPoolId }: Outputs, email: string): Promise<User> {
  const password = newPassword();
  await new CognitoIdentityProviderClient(cloud).send(new AdminCreateUserCommand({
    UserPoolId,
    Username: email,
    UserAttributes: [{ Name: 'email', Value: email }, { Name: 'email_verified', Value: 'true' }],
    TemporaryPassword: password,
    MessageAction: 'SUPPRESS',
  }));
  return { email, password };
}

/** Signs somebody in with the password that he has, and returns the token. */
export async function tokenOf(cloud: Cloud, { UserPoolId, UserPoolClientId }: Outputs, { email, password }: User): Promise<string> {
  const cognito = new CognitoIdentityProviderClient(cloud);
  await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId, Username: email, Password: password, Permanent: true }));
  const { AuthenticationResult } = await cognito.send(new AdminInitiateAuthCommand({
    UserPoolId,
    ClientId: UserPoolClientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: email, PASSWORD: password },
  }));
  return AuthenticationResult!.IdToken!;
}

export function newPassword(): string {
  return `${randomBytes(12).toString('base64url')}-aA1`; // the last letters satisfy the pool's policy
}

/** Frank, who asks for reports by the REST API, as the website does for whoever has logged in. */
export class Bookkeeper {
  public static async signUp(cloud: Cloud, outputs: Outputs): Promise<Bookkeeper> {
    const { email, password } = await addUser(cloud, outputs, 'frank@cafe.example');
    await new CognitoIdentityProviderClient(cloud).send(new AdminAddUserToGroupCommand({
      UserPoolId: outputs.UserPoolId, Username: email, GroupName: 'bookkeeping',
    }));
    return new Bookkeeper(email, password, outputs.ApiUrl, await tokenOf(cloud, outputs, { email, password }));
  }

  private constructor(
    public readonly email: string,
    public readonly password: string,
    private readonly apiUrl: string,
    public readonly token: string,
  ) {}

  /** The same key again is the same request again, for instance because the answer to the first was lost. */
  public async requestReport(idempotencyKey: string, parameters: object = {}): Promise<Report> {
    return this.expect(202, await this.request({ parameters, idempotencyKey }));
  }

  /** What is said to a request that is refused. */
  public async refusalOf(parameters: object): Promise<string> {
    const { message } = await this.expect<{ message: string }>(400, await this.request({ parameters }));
    return message;
  }

  public async report(reportId: string): Promise<Report> {
    return this.expect(200, await this.call('GET', reportId));
  }

  public async statusOf(reportId: string): Promise<number> {
    return (await this.call('GET', reportId)).status;
  }

  public async renderAgain(reportId: string): Promise<Report> {
    return this.expect(202, await this.call('POST', `${reportId}/rerender`));
  }

  /** What a link to the report of this minute opens. */
  public async open(reportId: string): Promise<string> {
    const { links } = await this.expect<{ links: { url: string }[] }>(200, await this.call('GET', `${reportId}/link`));
    return (await fetch(links[0].url)).text();
  }

  public async delete(reportId: string): Promise<void> {
    await this.expectGone(await this.call('DELETE', reportId));
  }

  public async revokeLinks(reportId: string): Promise<void> {
    await this.expectGone(await this.call('DELETE', `${reportId}/link`));
  }

  private async request(body: object): Promise<Response> {
    return fetch(`${this.apiUrl}create_report`, {
      method: 'POST',
      headers: { 'authorization': this.token, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  private async call(method: string, path: string): Promise<Response> {
    return fetch(`${this.apiUrl}reports/${path}`, { method, headers: { authorization: this.token } });
  }

  private async expectGone({ status, url }: Response): Promise<void> {
    if (status !== 204) {
      throw new Error(`deleting ${url} was answered ${status}`);
    }
  }

  private async expect<T = Report>(status: number, response: Response): Promise<T> {
    const body = await response.text();
    if (response.status !== status) {
      throw new Error(`${response.url} answered ${response.status} instead of ${status}: ${body}`);
    }
    return JSON.parse(body);
  }
}

/** What the API answers to somebody who asks for a report and has not logged in. */
export async function statusWithoutLogIn({ ApiUrl }: Outputs): Promise<number> {
  const response = await fetch(`${ApiUrl}create_report`, { method: 'POST', body: '{}' });
  await response.body?.cancel();
  return response.status;
}
