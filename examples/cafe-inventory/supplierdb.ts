import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The statements of `supplierdb.sql`, one by one, as database clients and the RDS Data API want them.
 *
 * The script is read from beside this file, or from beside the bundle in the Lambda function that seeds Aurora.
 */
export function statements(script: string = readFileSync(join(__dirname, 'supplierdb.sql'), 'utf8')): string[] {
  // Quoted text is taken as a whole: a semicolon in it ends no statement, two dashes in it begin no comment.
  const withoutComments = script.replace(/('(?:[^']|'')*')|--.*/g, '$1');
  const parts = withoutComments.match(/(?:'(?:[^']|'')*'|[^;])+/g) ?? [];
  return parts.map(part => part.trim()).filter(part => part !== '');
}
