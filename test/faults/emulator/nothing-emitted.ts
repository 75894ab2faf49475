import type { Deployment } from './pipeline';
import { ERROR, KEY, PARAMETER, ROW } from '../../support/canaries';
import { emitted, expectNoCanary } from '../../support/emitted';

/** Where Lambda writes what the data source itself throws, which is not the library's to keep clean. */
const LOG_OF_THE_SOURCE = /\/SourceLogs\w+$/;

/**
 * After all faults: fails where a canary, or a part of a link that was sent, is in a log, in which Lambda also writes what a function throws, in
 * a metric, in a queue, or in a notice to the owner. What a data source says in its error the owner is told, and no log but its own has it.
 *
 * Two places are left out on purpose. The message to the readers holds the link: that is what it is for. The history of an execution holds its
 * input, and rows that travel inline.
 */
export async function expectNothingEmitted({ cloud, mailbox }: Deployment): Promise<number> {
  const texts = await emitted(cloud);
  const notices = mailbox.mails.filter(({ to }) => to === 'owner').map(({ subject, text }) => `${subject}\n${text}`);
  const links = mailbox.mails.flatMap(mail => mail.links).map(({ url }) => new URL(url).searchParams);

  expectNoCanary({ ...texts, notices }, {
    'a row': [ROW],
    'a parameter': [PARAMETER],
    'an idempotency key': [KEY],
    'a link': links.flatMap(query => [query.get('X-Amz-Signature')!, query.get('X-Amz-Security-Token')!]),
  });
  const others = Object.fromEntries(Object.entries(texts).filter(([place]) => !LOG_OF_THE_SOURCE.test(place)));
  expectNoCanary(others, { 'the error of a data source': [ERROR] });
  return [...Object.values(texts), notices].flat().length;
}
