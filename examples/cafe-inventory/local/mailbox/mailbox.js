/**
 * The mailbox asks for its mails once a second. A mail is text that somebody else wrote: all of it is set as text, never as HTML.
 */
const element = id => document.getElementById(id);
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

let mails = [];
let chosen;

await refresh();
setInterval(refresh, 1000);
setInterval(countDown, 250);

async function refresh() {
  try {
    const response = await fetch('mails.json');
    const known = mails.length;
    mails = await response.json();
    element('problem').hidden = true;
    for (const mail of mails.slice(known)) announce(mail);
  } catch (error) {
    element('problem').textContent = 'The café has stopped. No more mail comes in.';
    element('problem').hidden = false;
  }
}

/** The newest first; and the first of all is opened at once. */
function announce(mail) {
  const entry = element('entry-template').content.firstElementChild.cloneNode(true);
  entry.id = `entry-${mail.id}`;
  entry.querySelector('.entry-to').textContent = mail.to;
  entry.querySelector('.entry-date').textContent = time.format(new Date(mail.date));
  entry.querySelector('.entry-date').dateTime = mail.date;
  entry.querySelector('.entry-subject').textContent = mail.subject;
  entry.querySelector('button').addEventListener('click', () => {
    open(mail);
    element('subject').focus();
  });
  element('list').prepend(entry);
  element('empty').hidden = true;
  element('status').textContent = `New mail: ${mail.subject}`;
  document.title = `Mailbox (${mails.length})`;
  if (!chosen) open(mail);
}

function open(mail) {
  chosen = mail;
  for (const button of element('list').querySelectorAll('button')) {
    button.ariaCurrent = `${button.parentElement.id === `entry-${mail.id}`}`;
  }
  element('subject').textContent = mail.subject;
  element('from').textContent = mail.from;
  element('to').textContent = mail.to;
  element('date').textContent = time.format(new Date(mail.date));
  element('date').dateTime = mail.date;
  element('text').replaceChildren(...withLinks(mail));
  element('mail').hidden = false;
  countDown();
}

function withLinks({ text, links }) {
  return text.split('\n').flatMap(line => {
    const link = links.find(({ url }) => url === line);
    return link ? [linkTo(link), '\n'] : [`${line}\n`];
  });
}

function linkTo({ url, expiresAt }) {
  const link = document.createElement('a');
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = url;
  const life = document.createElement('span');
  life.className = 'life';
  life.dataset.expiresAt = expiresAt;
  const both = document.createElement('span');
  both.append(life, ' ', link);
  return both;
}

function countDown() {
  for (const life of document.querySelectorAll('.life')) {
    const left = Math.ceil((Date.parse(life.dataset.expiresAt) - Date.now()) / 1000);
    const wasExpired = life.classList.contains('expired');
    life.classList.toggle('expired', left <= 0);
    life.textContent = left > 0 ? `expires in ${duration(left)}` : 'expired';
    if (left <= 0 && !wasExpired) element('status').textContent = 'The link of this mail has expired.';
  }
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}
