const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });

const status = document.getElementById('menu-status');
const states = ['loading', 'board', 'empty', 'error'];

document.getElementById('menu-retry').addEventListener('click', async () => {
  await showMenu();
  document.getElementById('menu').focus({ preventScroll: true }); // the button that had the focus may be gone
});

await showMenu();

async function showMenu() {
  show('loading', 'Loading the menu.');
  try {
    const items = await fetchMenu();
    document.getElementById('menu-board').replaceChildren(...categories(items));
    if (items.length > 0) show('board', `The menu is here, with ${items.length} items.`);
    else show('empty', 'The menu is empty today.');
  } catch (error) {
    console.error(error);
    show('error', 'The menu could not be fetched.');
  }
}

/** Where the API is, is known only once it is deployed: the deployment writes it into config.json. */
async function fetchMenu() {
  const { apiUrl } = await fetchJson('config.json');
  const { items } = await fetchJson(`${apiUrl.replace(/\/$/, '')}/menu`);
  return items;
}

async function fetchJson(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function show(state, message) {
  for (const each of states) document.getElementById(`menu-${each}`).hidden = each !== state;
  status.textContent = message;
}

/** In the order in which the API lists them. */
function categories(items) {
  const byName = new Map();
  for (const item of items) byName.set(item.category, [...byName.get(item.category) ?? [], item]);
  return [...byName].map(([name, itemsOfCategory]) => {
    const category = copyOf('category-template');
    category.querySelector('h3').textContent = name;
    category.querySelector('ul').append(...itemsOfCategory.map(menuItem));
    return category;
  });
}

function menuItem({ name, description, price, tags = [] }) {
  const item = copyOf('item-template');
  item.querySelector('.item-name').textContent = name;
  item.querySelector('.item-price').textContent = euros.format(price);
  item.querySelector('.item-description').append(description, ...tags.flatMap(text => [' ', tag(text)]));
  return item;
}

function tag(text) {
  const element = document.createElement('span');
  element.className = 'tag';
  element.textContent = text;
  return element;
}

function copyOf(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}
