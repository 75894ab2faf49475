import { Refused, type ReportApi } from './api';
import type { Report } from './contract';

/** A wish for a report that has had no answer yet. */
interface Wish {
  readonly idempotencyKey: string;
  readonly user: string;
  readonly at: number;
}

/** Who asks again after so long means another report. */
const ONE_WISH_MS = 15 * 60 * 1000;

const WISH = 'wish';

/**
 * Requests a report. The key of a request that has had no answer is kept, through a reload or a new sign-in too: asking again is the same request
 * again, and gives one report.
 */
export async function requestReport(api: ReportApi, user: string): Promise<Report> {
  const { idempotencyKey } = openWish(user) ?? newWish(user);
  try {
    const report = await api.createReport(idempotencyKey);
    forgetWish();
    return report;
  } catch (error) {
    if (error instanceof Refused && !error.isPassing) forgetWish();
    throw error;
  }
}

/** Whether she has asked for a report, and does not know yet what came of it. */
export function openWish(user: string): Wish | undefined {
  const wish: Wish | null = JSON.parse(sessionStorage.getItem(WISH) ?? 'null');
  return wish?.user === user && Date.now() - wish.at < ONE_WISH_MS ? wish : undefined;
}

function newWish(user: string): Wish {
  const wish = { idempotencyKey: crypto.randomUUID(), user, at: Date.now() };
  sessionStorage.setItem(WISH, JSON.stringify(wish));
  return wish;
}

export function forgetWish(): void {
  sessionStorage.removeItem(WISH);
}
