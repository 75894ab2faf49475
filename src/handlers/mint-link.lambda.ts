import { requireEnv } from './environment';
import { fileName } from './file-name';
import { linkTokensFromEnvironment } from './link-tokens';
import { checkOwnFiles } from './own-files';
import { assumeSigner, signedUrl, signingTime } from './signing';
import { CONTRACT_VERSION, LinkEvent, LinkResult, LinksToSend, SIGNED_WHEN_OPENED_SECONDS } from '../workflow/contract';

const tokens = linkTokensFromEnvironment();

/**
 * Makes short links that are signed when they are opened. The workflow is told only when they will expire, because it keeps what it is
 * told, and of a token nothing but its hash may be kept. Who delivers gets the links themselves, each with a URL by which to
 * verify the file: signed as the endpoint signs it, so that no opening is counted.
 */
export async function handler(event: LinkEvent): Promise<LinkResult | LinksToSend> {
  checkOwnFiles(event);
  const createdAt = new Date().toISOString();
  const expiresAt = new Date(Date.parse(createdAt) + Number(requireEnv('EXPIRES_IN_SECONDS')) * 1000).toISOString();
  if (!event.deliver) {
    return { version: CONTRACT_VERSION, links: event.files.map(({ name }) => ({ file: name, expiresAt })) };
  }

  const { reportId, attempt } = event;
  const ttl = Math.ceil(Date.parse(createdAt) / 1000) + Number(requireEnv('LEDGER_RETENTION_SECONDS'));
  const signer = await assumeSigner(reportId, event.files.map(({ key }) => key), SIGNED_WHEN_OPENED_SECONDS);
  const links = [];
  for (const file of event.files) {
    const { name, bucket, key, contentType } = file;
    const named = { bucket, key, contentType, fileName: fileName(event, file) };
    const token = await tokens.create({ ...named, reportId, attempt, file: name, expiresAt, createdAt }, ttl);
    const verifyUrl = await signedUrl(signer, named, signingTime(), SIGNED_WHEN_OPENED_SECONDS);
    links.push({ file: name, expiresAt, url: `${requireEnv('BASE_URL')}${token}`, verifyUrl });
  }
  return { version: CONTRACT_VERSION, links };
}
