/** Within so long, a zone changes its offset once at most. */
const SPAN_MS = 6 * 60 * 60 * 1000;
const SPANS_KEPT = 50_000;

/**
 * What clocks show in a zone, as the instant at which those of UTC show the same. `Intl` takes microseconds for each value; so it is
 * asked once for each quarter of a day at whose both ends the offset is the same.
 */
export function wallClock(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
  const offsets = new Map<number, number | undefined>();
  return instant => {
    const span = Math.floor(instant / SPAN_MS);
    if (!offsets.has(span)) {
      if (offsets.size >= SPANS_KEPT) {
        offsets.clear();
      }
      const [first, last] = [span * SPAN_MS, (span + 1) * SPAN_MS - 1000].map(end => offsetAt(end, format));
      offsets.set(span, first === last ? first : undefined);
    }
    return instant + (offsets.get(span) ?? offsetAt(instant, format));
  };
}

function offsetAt(instant: number, format: Intl.DateTimeFormat): number {
  const second = Math.floor(instant / 1000) * 1000;
  const parts = format.formatToParts(second).map(({ type, value }) => [type, Number(value)]);
  const { year, month, day, hour, minute, second: seconds } = Object.fromEntries(parts);
  // `Date.UTC` takes the years up to 99 for those of the twentieth century.
  return new Date(Date.UTC(2000, 0, 1, hour, minute, seconds)).setUTCFullYear(year, month - 1, day) - second;
}
