import { copyOf, element, fill } from '../page';
import type { ReportApi } from './api';
import type { Report } from './contract';
import { entitle, show } from './views';
import { daysOf, statusOf, when } from './words';

/** The earlier reports, newest first, a page at a time. */
export class ReportList {
  private next?: string;
  private visit = 0;

  constructor(private readonly api: ReportApi) {}

  /** The list that was here stays while the new one is fetched: nothing jumps. */
  public async show(): Promise<void> {
    const visit = ++this.visit;
    entitle('Reports');
    show('reports');
    const { reports, next } = await this.api.reports().catch(error => {
      element('list-retry').hidden = false;
      throw error;
    });
    if (visit !== this.visit) return; // she has gone on, or out
    element('list').replaceChildren(...reports.map(entry));
    element('list-retry').hidden = true;
    element('list-loading').hidden = true;
    element('list-empty').hidden = reports.length > 0 || next !== undefined;
    this.offerMore(next);
  }

  public async showMore(): Promise<void> {
    const { visit } = this;
    const { reports, next } = await this.api.reports(this.next);
    if (visit !== this.visit) return;
    const entries = reports.map(entry);
    element('list').append(...entries);
    this.offerMore(next);
    entries[0]?.querySelector('a')!.focus();
  }

  /** Leaves nothing of it on the page. */
  public clear(): void {
    this.visit++;
    element('list').replaceChildren();
    element('list-loading').hidden = false;
    element('list-empty').hidden = true;
    this.offerMore(undefined);
  }

  private offerMore(next?: string): void {
    this.next = next;
    element('more').hidden = next === undefined;
  }
}

function entry(report: Report): HTMLElement {
  const { reportId, status, period, requestedAt, createdAt } = report;
  const item = copyOf('entry-template');
  item.querySelector('a')!.href = `#report-${reportId}`;
  fill(item, '.entry-when', capitalized(when((requestedAt ?? createdAt)!)));
  fill(item, '.entry-what', requestedAt || !period ? 'Requested' : `By schedule, for ${daysOf(period)}`);
  fill(item, '.status', statusOf(report)).dataset.status = status;
  return item;
}

function capitalized(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
