import type { ReportErrorName } from '../workflow/contract';

/**
 * An error that a retry does not mend. Its name is what the workflow and the owner's notice tell apart; its message is a
 * plain sentence with the value got and the remedy. It never holds rows, links or parameters.
 */
export class ReportError extends Error {
  public constructor(name: ReportErrorName, message: string) {
    super(message);
    this.name = name;
  }
}
