/** Words that nobody would write, where something is that must not get out. */
export const ROW = 'canary-in-a-row';
export const PARAMETER = 'canary-in-a-parameter';
export const KEY = 'canary-in-a-key';
export const TOKEN = 'canary-in-a-token';
/** In the error of a data source, which its owner is told in the words of the data source. */
export const ERROR = 'canary-in-an-error';
