import { Run } from '../../../src/workflow/contract';

/** The run of which the reports of these tests are. */
export const RUN: Run = {
  version: 1,
  reportId: '3f2a9c04d1b84f77a0e6c2f1b5d98e34',
  attempt: 1,
  report: 'inventory',
  trigger: 'SCHEDULE',
  period: { from: '2026-11-19T23:00:00Z', to: '2026-11-20T23:00:00Z', timeZone: 'Europe/Madrid' },
  openedAt: '2026-11-21T06:00:04Z',
  locale: 'en-GB',
  timeZone: 'Europe/Madrid',
  parameters: {},
};
