import { createHash } from 'node:crypto';

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
  const style = ':root{color-scheme:light dark}'
    + 'body{max-width:36rem;margin:15vh auto;padding:0 1.5rem;font:1rem/1.6 system-ui,sans-serif}'
    + 'h1{font-size:1.5rem;line-height:1.3}';
  return {
    html: '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
      + `<meta name="robots" content="noindex"><title>${title}</title><style>${style}</style></head>`
      + `<body><main><h1>${title}</h1>${paragraphs.map(text => `<p>${text}</p>`).join('')}</main></body></html>\n`,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; `
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  };
}
