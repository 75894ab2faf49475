import { request } from 'node:http';
import { until } from '../../examples/cafe-inventory/local/loopback';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What differs between two answers whatever they say. */
const PASSING = /^(date|x-amzn?-request-?id|x-amz-apigw-id|x-amzn-trace-id)$/;

/**
 * Asks for an address just as it is written: `fetch` would mend it first. Redirects are not followed. The API takes 10 requests a second: who is
 * sent away for that comes again.
 */
export async function ask(method: string, url: string, headers: Record<string, string | string[]> = {}, body?: string): Promise<Answer> {
  return until('an answer', 30, async () => {
    const answer = await askOnce(method, url, headers, body);
    return answer.status === 429 ? undefined : answer;
  });
}

export async function askOnce(method: string, url: string, headers: Record<string, string | string[]>, body?: string): Promise<Answer> {
  const [, origin, path] = /^(https?:\/\/[^/]+)(.*)$/s.exec(url)!;
  return new Promise((resolve, reject) => {
    const asked = request(origin, { method, path, headers }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', part => text += part).on('error', reject).on('end', () => resolve({
        status: response.statusCode!,
        headers: Object.fromEntries(Object.entries(response.headers).filter(([name]) => !PASSING.test(name))),
        body: text,
      }));
    });
    asked.on('error', reject).end(body);
  });
}
