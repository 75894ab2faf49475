const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** The clocks of a zone jump, forwards or backwards. Times and offsets from UTC are in milliseconds. */
export interface ClockChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/**
 * What the clocks of an IANA time zone show, from Node's own copy of the database. A wall time is what they show, in milliseconds,
 * as if they showed UTC. All relies on no zone changing its clocks twice within a week, which none has done since 2001.
 */
export class Zone {
  public static of(name: string): Zone {
    const zone = Zone.known.get(name) ?? new Zone(name);
    Zone.known.set(name, zone);
    return zone;
  }

  private static readonly known = new Map<string, Zone>();

  private readonly format: Intl.DateTimeFormat;
  /** The day that was asked for last, because its neighbours in a schedule are mostly of the same. */
  private day?: { readonly begins: number; readonly offset: number; readonly change?: ClockChange };

  private constructor(name: string) {
    this.format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** How far the clocks are ahead of UTC. */
  public offsetAt(instant: number): number {
    const [, sign, ...digits] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(this.format.format(instant))!;
    const [hours, minutes, seconds] = digits.map(each => Number(each ?? 0));
    return (sign === '-' ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1000;
  }

  /** The first instant at which the clocks show a time, or undefined if they leave it out. */
  public instantOf(wallTime: number): number | undefined {
    const { offset, change } = this.dayOf(wallTime);
    if (!change || wallTime - change.before < change.at) {
      return wallTime - offset;
    }
    return wallTime - change.after >= change.at ? wallTime - change.after : undefined;
  }

  /** The changes of the clocks after `from` and until `until`. */
  public changes(from: number, until: number): ClockChange[] {
    const changes: ClockChange[] = [];
    for (let begins = from; begins < until; begins += WEEK) {
      const change = this.changeWithin(begins, Math.min(begins + WEEK, until));
      if (change) changes.push(change);
    }
    return changes;
  }

  private dayOf(wallTime: number) {
    const begins = Math.floor(wallTime / DAY) * DAY;
    if (this.day?.begins !== begins) {
      // No clock is a day ahead of UTC, or behind it.
      const from = begins - DAY;
      this.day = { begins, offset: this.offsetAt(from), change: this.changeWithin(from, begins + 2 * DAY) };
    }
    return this.day;
  }

  private changeWithin(from: number, until: number): ClockChange | undefined {
    const before = this.offsetAt(from);
    const after = this.offsetAt(until);
    if (before === after) {
      return undefined;
    }
    let [earlier, at] = [from, until];
    while (at - earlier > 1) {
      const middle = Math.floor((earlier + at) / 2);
      if (this.offsetAt(middle) === before) earlier = middle;
      else at = middle;
    }
    return { at, before, after };
  }
}
