import { createHash } from 'node:crypto';
import { PALETTE } from './palette';

/** A card in the colours of the reports. */
const STYLE = `
${PALETTE}body { margin: 0; padding: 1rem; background: var(--page); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main {
  max-width: 34rem;
  margin: 14vh auto 0;
  padding: 0.25rem 2rem 1rem;
  border: 1px solid var(--edge);
  border-top: 0.25rem solid var(--accent);
  border-radius: 0.625rem;
  background: var(--sheet);
}
h1 { font-size: 1.5rem; line-height: 1.3; }
h1 + p { color: var(--soft); }
`;

/** A page that needs nothing but itself. */
export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** One page for links that are unknown, have expired or were revoked: which of these, and of which report, is not told. */
export const NOT_AVAILABLE = page('This report is not available', [
  'The link to it may have expired, or it was revoked, or it is not complete: in some mail programs a long address is cut off.',
  'Open the link from the message itself. If that leads here again, ask whoever sends you the report for a new link.',
]);

export const NOT_NOW = page('The report can not be opened just now', [
  'Your link may be all right: something failed here.',
  'Open it again in a minute.',
]);

function page(title: string, paragraphs: string[]): Page {
  return {
    html: '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
      + `<meta name="robots" content="noindex"><title>${title}</title><style>${STYLE}</style></head>`
      + `<body><main><h1>${title}</h1>${paragraphs.map(text => `<p>${text}</p>`).join('')}</main></body></html>\n`,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; `
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  };
}
