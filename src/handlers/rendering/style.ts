import { createHash } from 'node:crypto';
import { lightened } from '../../workflow/contrast';
import { DARK_SHEET, PALETTE } from '../palette';

/** Of texts: https://www.w3.org/TR/WCAG22/#contrast-minimum */
const LEAST_CONTRAST = 4.5;

/**
 * How the page looks: a sheet with hairlines, figures under one another, one calm colour. On a screen the headings stay in
 * view; where the sheet is wider than the screen it scrolls on its own, and the first column stays too. On paper it is always
 * light, the headings stand on each page, no row is cut in two, and the totals come once.
 */
const STYLE = `
${PALETTE}* { box-sizing: border-box; }
html { background: var(--page); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  padding: clamp(1.25rem, 4vw, 3.25rem) clamp(1rem, 4vw, 2.5rem) clamp(1.5rem, 5vw, 4rem);
  color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
main { width: fit-content; min-width: min(100%, 44rem); margin-inline: auto; }
h1, .text, footer p { unicode-bidi: plaintext; }
header, footer { position: sticky; inset-inline-start: clamp(1rem, 4vw, 2.5rem); width: fit-content; }
h1 {
  margin: 0;
  max-width: 28em;
  font-size: clamp(1.5rem, 1.2rem + 1.4vw, 2.125rem);
  font-weight: 650;
  line-height: 1.2;
  letter-spacing: -0.018em;
  overflow-wrap: anywhere;
  text-wrap: balance;
}
dl { display: flex; flex-wrap: wrap; gap: 0.75rem 2.5rem; margin: 1.125rem 0 1.75rem; }
dt { color: var(--soft); font-size: 0.8125rem; }
dd { margin: 0; font-weight: 550; font-variant-numeric: tabular-nums; }

.sheet { border: 1px solid var(--edge); border-radius: 0.625rem; background: var(--sheet); }
.sheet:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
table { width: 100%; border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: 0.5rem 0.75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; white-space: nowrap; }
[dir=rtl] :is(th, td, p) { text-align: right; }
:is(th, td):first-child { padding-inline-start: 1.25rem; }
:is(th, td):last-child { padding-inline-end: 1.25rem; }
tbody th { font-weight: 550; }
tbody tr:last-child > * { border-bottom: 0; }
tr > :first-child { position: sticky; inset-inline-start: 0; background: var(--sheet); }
.vast tr > :first-child { border-inline-end: 1px solid var(--line); }
tbody:last-child tr:last-child > :first-child { border-end-start-radius: 0.5625rem; }
:is(.text, .link) { min-width: 7rem; max-width: 30rem; overflow-wrap: break-word; white-space: pre-line; }
:is(.integer, .decimal, .currency) { text-align: right; }
thead th {
  position: sticky;
  top: 0;
  z-index: 1;
  padding-block: 0.6875rem;
  border-bottom-color: var(--edge);
  background: var(--head);
  color: var(--soft);
  font-size: 0.8125rem;
  font-weight: 600;
  line-height: 1.3;
  vertical-align: bottom;
  white-space: normal;
}
thead tr > :first-child, tfoot tr > :first-child { background: var(--head); }
thead th:first-child { z-index: 2; border-start-start-radius: 0.5625rem; }
thead th:last-child { border-start-end-radius: 0.5625rem; }
tbody .subtotal > * { border-top: 1px solid var(--edge); border-bottom-color: var(--edge); background: var(--head); font-weight: 600; }
mark { padding: 0.125rem 0.4375rem; margin-inline: -0.4375rem; border-radius: 0.25rem; background: var(--mark); color: var(--warn); font-weight: 700; }
.marked > :first-child { box-shadow: inset 0.1875rem 0 var(--warn); }
[dir=rtl] .marked > :first-child { box-shadow: inset -0.1875rem 0 var(--warn); }
tfoot tr > * { border-top: 1px solid var(--edge); border-bottom: 0; background: var(--head); font-weight: 650; }
tfoot th:first-child { border-end-start-radius: 0.5625rem; }
tfoot :is(th, td):last-child { border-end-end-radius: 0.5625rem; }
@media (hover: hover) { tbody tr:hover > * { background: var(--hover); } }

a { color: var(--accent); text-decoration-color: var(--edge); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
a:is(:hover, :focus-visible) { text-decoration-color: currentColor; }
.none, .no { color: var(--soft); }
.yes::before { content: "\\2713\\2002" / ""; color: var(--accent); font-weight: 700; }
.no { padding-inline-start: 1.35em; }
td.nothing { padding-block: 4rem; color: var(--soft); font-size: 1.0625rem; white-space: normal; }
.nothing p { max-width: calc(100vw - 5rem); margin: 0 auto; text-align: center; }
td.more { background: var(--warn-back); color: var(--warn); font-weight: 650; white-space: normal; }
.more p { max-width: calc(100vw - 5rem); margin: 0; }


.logo { display: block; max-width: min(16rem, 60vw); max-height: 3rem; margin-bottom: 1rem; }
@media screen and (prefers-color-scheme: dark) { .logo { padding: 0.375rem 0.75rem; border-radius: 0.375rem; background: #ffffff; } }
footer { margin-top: 1.5rem; color: var(--soft); font-size: 0.8125rem; }
footer p { margin: 0.25rem 0; }
.brand { margin-top: 0.75rem; }
.end { color: var(--ink); font-size: 0.9375rem; font-weight: 600; }
.cut {
  margin-bottom: 1rem;
  padding: 0.75rem 1.25rem;
  border: 1px solid var(--warn);
  border-inline-start-width: 0.375rem;
  border-radius: 0.375rem;
  background: var(--warn-back);
  color: var(--ink);
  font-size: 0.9375rem;
}
.cut .end { color: var(--warn); font-size: 1.125rem; font-weight: 700; }
.id { overflow-wrap: anywhere; font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.95em; }

@media screen and (max-width: 64rem) {
  main { width: auto; min-width: 0; }
  .sheet { max-height: 94vh; max-height: 94dvh; overflow: auto; }
  tr > :first-child:not(.nothing, .more) { border-inline-end: 1px solid var(--line); }
  .nothing p { margin: 0; text-align: start; }
}
@media screen and (max-width: 40rem) {
  th, td { padding: 0.4375rem 0.625rem; }
  :is(th, td):first-child { padding-inline-start: 0.875rem; }
  .text, .link { min-width: 6.5rem; max-width: 16rem; }
  .text:first-child { max-width: 10.5rem; }
}

@page {
  margin: 15mm 14mm 17mm;
  @bottom-right { content: "Page " counter(page) " of " counter(pages); color: #5a6663; font: 8pt system-ui, sans-serif; }
}
@page wide { size: landscape; }
@page vast { size: A3 landscape; }
@media print {
  html { background: none; }
  body { padding: 0; font-size: 9pt; line-height: 1.4; }
  .wide { page: wide; }
  .vast { page: vast; font-size: 7.5pt; }
  .vast :is(th, td) { min-width: 0; overflow-wrap: anywhere; white-space: pre-line; }
  :is(.text, .link), thead th { min-width: 0; overflow-wrap: break-word; }
  main { width: auto; }
  h1 { font-size: 18pt; }
  dl { margin: 8pt 0 12pt; }
  dt, footer { font-size: 8pt; }
  header { break-after: avoid; }
  header, footer { position: static; }
  :is(thead, tbody, tfoot) tr > :first-child { position: static; border-inline-end: 0; background: none; }
  .sheet { border: 0; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr, footer { break-inside: avoid; }
  th, td { padding: 3.5pt 4pt; }
  :is(th, td):first-child { padding-inline-start: 0; }
  :is(th, td):last-child { padding-inline-end: 0; }
  thead th { position: static; padding-block: 4pt; border-bottom: 1pt solid var(--ink); background: none; font-size: 8pt; }
  tbody .subtotal > * { border-top: 1px solid var(--edge); border-bottom-color: var(--edge); background: var(--head); font-weight: 600; }
mark { padding: 0.125rem 0.4375rem; margin-inline: -0.4375rem; border-radius: 0.25rem; background: var(--mark); color: var(--warn); font-weight: 700; }
.marked > :first-child { box-shadow: inset 0.1875rem 0 var(--warn); }
[dir=rtl] .marked > :first-child { box-shadow: inset -0.1875rem 0 var(--warn); }
tfoot tr > * { border-top: 1pt solid var(--ink); background: none; }
  tbody .subtotal > * { background: none; }
  .marked > :first-child { box-shadow: none; }
  mark { padding: 0; margin: 0; background: none; text-decoration: underline; text-underline-offset: 2pt; }
  .logo { max-height: 12mm; }
  .end { font-size: 9pt; }
  .cut { margin-bottom: 8pt; padding: 6pt 10pt; border-width: 1pt; border-inline-start-width: 5pt; background: none; font-size: 10pt; }
  .cut .end { font-size: 12pt; }
}
`;

/** The page's style, in the colour of its owner where there is one. */
export function styleOf(color?: string): string {
  return color === undefined ? STYLE : `${STYLE}
:root { --accent: ${color}; }
@media screen and (prefers-color-scheme: dark) { :root { --accent: ${lightened(color, DARK_SHEET, LEAST_CONTRAST)}; } }
@media screen { body { border-top: 0.25rem solid var(--accent); } }
`;
}

/** The one style that the content security policy allows. */
export function sourceOf(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}
