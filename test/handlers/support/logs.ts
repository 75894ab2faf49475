import { inspect } from 'node:util';

/** What must never be logged. Tests put these words into links, parameters, rows, and into what they come with. */
export const SECRET = 'S3CR3T';
const SECRETS = new RegExp(`${SECRET}|https?://|X-Amz-|secretAccessKey`, 'i');

/** Captures what is logged, and fails each test in which a link, a parameter or a row is. */
export function captureLogs(): { entries(): unknown[] } {
  let logged: unknown[] = [];
  beforeEach(() => {
    logged = [];
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      jest.spyOn(console, method).mockImplementation((...args) => { logged.push(...args); });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
    expect(inspect(logged, { depth: 20 })).not.toMatch(SECRETS);
  });
  return { entries: () => logged };
}
