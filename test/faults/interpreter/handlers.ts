import type { Step } from './pipelines';

export type Handler = (payload: any) => Promise<unknown>;
export type Handlers = Record<Exclude<Step, 'Look up the data'>, Handler>;

/** The handlers of the library by the states that invoke them. They read some of their environment when they are loaded, which is here. */
export async function loadHandlers(): Promise<Handlers> {
  return {
    'Open the run': (await import('../../../src/handlers/open-run.lambda.js')).handler,
    'Render report': (await import('../../../src/handlers/render.lambda.js')).handler,
    'Presign link': (await import('../../../src/handlers/presign.lambda.js')).handler,
    'Deliver': (await import('../../../src/handlers/deliver.lambda.js')).handler,
    'Close failed run': (await import('../../../src/handlers/close-failed-run.lambda.js')).handler,
  };
}
