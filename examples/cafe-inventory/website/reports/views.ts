import { element } from '../page';

export type View = 'loading' | 'trouble' | 'sign-in' | 'new-password' | 'reports' | 'report';

let shown: View = 'loading';

/** Shows one part of the page in place of another. The focus goes to its heading, from where a keyboard or a screen reader goes on. */
export function show(view: View): void {
  for (const section of document.querySelectorAll<HTMLElement>('.view')) section.hidden = section.id !== `${view}-view`;
  for (const problem of document.querySelectorAll<HTMLElement>('.problem')) problem.hidden = true;
  const heading = element(`${view}-view`).querySelector('h1')!;
  if (shown !== 'loading') heading.focus(); // not on arrival: the page begins at its top
  shown = view;
}

export function isShown(view: View): boolean {
  return shown === view;
}

export function entitle(title: string): void {
  document.title = `${title}, The Early Swallow`;
}

/** Says to a screen reader what others see happen. */
export function announce(text: string): void {
  element('announcement').textContent = text;
}

export function tellProblem(problem: HTMLElement, text: string): void {
  problem.textContent = text;
  problem.hidden = false;
}
