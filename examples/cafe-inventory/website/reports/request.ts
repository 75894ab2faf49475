import { Refused, type ReportApi } from './api';
import type { Parameters, Report } from './contract';

/** A request for a report that has had no answer yet. */
interface PendingRequest {
  readonly parameters: Parameters;
  readonly idempotencyKey: string;
  readonly user: string;
  readonly at: number;
}

/** Who asks again after so long means another report. */
const ONE_REQUEST_MS = 15 * 60 * 1000;

const PENDING = 'pending-request';

/**
 * Requests a report. The key of a request that has had no answer is kept, through a reload or a new sign-in too: asking again for the same is the
 * same request again, and gives one report.
 */
export async function requestReport(api: ReportApi, user: string, parameters: Parameters): Promise<Report> {
  const pending = pendingRequest(user);
  const isAgain = pending?.parameters.onlyBelowReorderLevel === parameters.onlyBelowReorderLevel;
  const { idempotencyKey } = pending && isAgain ? pending : newRequest(user, parameters);
  try {
    const report = await api.createReport(parameters, idempotencyKey);
    forgetPendingRequest();
    return report;
  } catch (error) {
    if (error instanceof Refused && !error.isPassing) forgetPendingRequest();
    throw error;
  }
}

/** The request that she has made, and does not know yet what came of, if there is one. */
export function pendingRequest(user: string): PendingRequest | undefined {
  const request: PendingRequest | null = JSON.parse(sessionStorage.getItem(PENDING) ?? 'null');
  return request?.user === user && Date.now() - request.at < ONE_REQUEST_MS ? request : undefined;
}

function newRequest(user: string, parameters: Parameters): PendingRequest {
  const request = { parameters, idempotencyKey: crypto.randomUUID(), user, at: Date.now() };
  sessionStorage.setItem(PENDING, JSON.stringify(request));
  return request;
}

export function forgetPendingRequest(): void {
  sessionStorage.removeItem(PENDING);
}
