import { fetchJson, readConfig } from './config';
import { copyOf, element, fill } from './page';

interface MenuItem {
  readonly category: string;
  readonly name: string;
  readonly description: string;
  readonly price: number;
  readonly tags?: string[];
}

const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });

const states = ['loading', 'board', 'empty', 'error'] as const;

element('menu-retry').addEventListener('click', async () => {
  await showMenu();
  element('menu').focus({ preventScroll: true }); // the button that had the focus may be gone
});

await showMenu();

async function showMenu(): Promise<void> {
  show('loading', 'Loading the menu.');
  try {
    const items = await fetchMenu();
    element('menu-board').replaceChildren(...categories(items));
    if (items.length > 0) show('board', `The menu is here, with ${items.length} items.`);
    else show('empty', 'The menu is empty today.');
  } catch (error) {
    console.error(error);
    show('error', 'The menu could not be fetched.');
  }
}

async function fetchMenu(): Promise<MenuItem[]> {
  const { apiUrl } = await readConfig();
  const { items } = await fetchJson<{ items: MenuItem[] }>(`${apiUrl}menu`);
  return items;
}

function show(state: typeof states[number], message: string): void {
  for (const each of states) element(`menu-${each}`).hidden = each !== state;
  element('menu-status').textContent = message;
}

/** In the order in which the API lists them. */
function categories(items: MenuItem[]): HTMLElement[] {
  const byName = new Map<string, MenuItem[]>();
  for (const item of items) byName.set(item.category, [...byName.get(item.category) ?? [], item]);
  return [...byName].map(([name, itemsOfCategory]) => {
    const category = copyOf('category-template');
    fill(category, 'h3', name);
    category.querySelector('ul')!.append(...itemsOfCategory.map(menuItem));
    return category;
  });
}

function menuItem({ name, description, price, tags = [] }: MenuItem): HTMLElement {
  const item = copyOf('item-template');
  fill(item, '.item-name', name);
  fill(item, '.item-price', euros.format(price));
  fill(item, '.item-description', description).append(...tags.flatMap(text => [' ', tag(text)]));
  return item;
}

function tag(text: string): HTMLElement {
  const span = document.createElement('span');
  span.className = 'tag';
  span.textContent = text;
  return span;
}
