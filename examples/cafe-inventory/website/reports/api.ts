import type { Parameters, Report, ReportPage } from './contract';
import { idToken, NoAnswer, SessionEnded } from './session';

/** The API has answered, and said no. */
export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }

  /** Whether the same call may be taken later. */
  get isPassing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** The API of the café's reports, as the person who is signed in. */
export class ReportApi {
  constructor(private readonly url: string) {}

  createReport(parameters: Parameters, idempotencyKey: string): Promise<Report> {
    return this.call('POST', 'create_report', { parameters, idempotencyKey });
  }

  report(reportId: string): Promise<Report> {
    return this.call('GET', `reports/${reportId}`);
  }

  reports(next?: string): Promise<ReportPage> {
    return this.call('GET', `reports?${new URLSearchParams({ limit: '10', ...next && { next } })}`);
  }

  /** Where the report can be opened, within the next minute. */
  async address(reportId: string): Promise<string> {
    const { links } = await this.call<{ links: { url: string }[] }>('GET', `reports/${reportId}/link`);
    return links[0].url;
  }

  revokeLink(reportId: string): Promise<void> {
    return this.call('DELETE', `reports/${reportId}/link`);
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const token = await idToken();
    const request = {
      method,
      headers: { authorization: token.toString(), ...body && { 'content-type': 'application/json' } },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(25_000),
    };
    const [response, text] = await answered(fetch(`${this.url}${path}`, request));
    if (response.status === 401) throw new SessionEnded();
    const answer = text && JSON.parse(text);
    if (!response.ok) throw new Refused(response.status, answer.message);
    return answer;
  }
}

async function answered(call: Promise<Response>): Promise<[Response, string]> {
  try {
    const response = await call;
    return [response, await response.text()];
  } catch (error) {
    throw new NoAnswer('no answer', { cause: error });
  }
}
