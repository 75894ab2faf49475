import type { Permission } from './deployment';
import { Call, isAllowed, withPolicy } from './simulator';

/** Permissions of which something was taken away. */
export interface Weakened {
  readonly without: string;
  readonly from: Permission;
  readonly permissions: Permission[];
}

/** These keys list what is permitted, one by one. */
const LISTS = ['dynamodb:LeadingKeys', 'dynamodb:Attributes'];

/** All ways to take something away: a permission, or one of the values of its condition. */
export function weakened(permissions: readonly Permission[]): Weakened[] {
  return permissions.flatMap((from, index): Weakened[] => {
    const replaced = (what: string, ...by: Permission[]) =>
      ({ without: `${what}${JSON.stringify(from)}`, from, permissions: [...permissions.slice(0, index), ...by, ...permissions.slice(index + 1)] });
    const { Condition = {} } = from.statement;
    const narrower = Object.entries(Condition).flatMap(([operator, keys]) => LISTS.flatMap(key => {
      const values = [keys[key] ?? []].flat() as string[];
      const withOnly = (some: string[]) => ({ ...Condition, [operator]: { ...keys, [key]: some } });
      return values.length < 2 ? [] : values.map(value =>
        replaced(`${value} of `, { ...from, statement: { ...from.statement, Condition: withOnly(values.filter(each => each !== value)) } }));
    }));
    return [replaced(''), ...narrower];
  });
}

/** What could be taken away without a change: all that is asked would be permitted, and all that is refused would be refused, as before. */
export async function unused(all: readonly Weakened[], asked: readonly Call[], refused: readonly Call[]): Promise<string[]> {
  const found: string[] = [];
  for (const { without, from, permissions } of all) {
    const permits = from.statement.Effect === 'Allow';
    const calls = (permits ? asked : refused).filter(call => concerns(from, call));
    if (!await changes(calls, permits, permissions)) found.push(without);
  }
  return found;
}

async function changes(calls: readonly Call[], allowed: boolean, permissions: readonly Permission[]): Promise<boolean> {
  for (const call of calls) {
    if (await isAllowed(call, permissions) !== allowed) return true;
  }
  return false;
}

/** Whether a permission has a say in a call at all. */
function concerns({ of, kind, statement: { Action } }: Permission, { by, action, resource }: Call): boolean {
  const pattern = new RegExp(`^${Action.replaceAll('*', '.*')}$`);
  return pattern.test(action) && of === (kind === 'identity' ? by : withPolicy(resource));
}
