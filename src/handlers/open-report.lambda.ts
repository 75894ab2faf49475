import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { linkTokensFromEnvironment, TokenLink } from './link-tokens';
import { NOT_AVAILABLE, NOT_NOW, Page } from './open-report-pages';
import { assumeSigner, signedUrl, signingTime } from './signing';
import { SIGNED_WHEN_OPENED_SECONDS } from '../workflow/contract';

const tokens = linkTokensFromEnvironment();

/** The token is in the address: nobody may keep the answer, hand the address on, or index it. */
const PRIVATE = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
};

/**
 * Opens a report by the token of its link: redirects to a URL that is signed now and lives for a minute.
 *
 * What is no token is looked up like one, so that unknown, expired and revoked tokens are not told apart, by the time that it takes
 * either. GET and HEAD change nothing that a reader would miss, because mail scanners open links before she does.
 */
export async function handler({ httpMethod, pathParameters }: Pick<APIGatewayProxyEvent, 'httpMethod' | 'pathParameters'>): Promise<APIGatewayProxyResult> {
  try {
    const { hash, link } = await tokens.find(pathParameters?.token ?? '');
    const location = link && await signedNow(link);
    if (!location) {
      return paged(404, NOT_AVAILABLE);
    }
    if (httpMethod === 'GET') {
      await record(hash, link);
    }
    return { statusCode: 302, headers: { ...PRIVATE, location }, body: '' };
  } catch (error) {
    console.error({ message: 'a link could not be opened', error: (error as Error).name, reason: (error as Error).message });
    return paged(503, NOT_NOW, { 'retry-after': '30' });
  }
}

/** The signed URL, which does not outlive the link; none where the link is revoked or has expired. */
async function signedNow(link: TokenLink): Promise<string | undefined> {
  const signedAt = signingTime();
  const secondsLeft = Math.floor((Date.parse(link.expiresAt) - signedAt.getTime()) / 1000);
  const seconds = Math.min(secondsLeft, SIGNED_WHEN_OPENED_SECONDS);
  if (link.revokedAt !== undefined || !(seconds >= 1)) {
    return undefined;
  }
  return signedUrl(await assumeSigner(link.reportId, [link.key], seconds), link, signedAt, seconds);
}

/** Records the opening. Who opens a report gets it, recorded or not. */
async function record(hash: string, { reportId, file }: TokenLink): Promise<void> {
  try {
    await tokens.recordOpening(hash, new Date().toISOString());
    console.log({ message: 'opened', reportId, file });
  } catch (error) {
    console.error({ message: 'opened, and not recorded', reportId, file, error: (error as Error).name, reason: (error as Error).message });
  }
}

function paged(statusCode: number, { contentSecurityPolicy, html }: Page, headers: { [name: string]: string } = {}): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { ...PRIVATE, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy, ...headers },
    body: html,
  };
}
