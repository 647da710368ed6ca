import type { ChartEvent, ChartLimit } from './answers.ts';

/** Lowest and highest of some columns, undefined where there is no number. */
export const extentOf = (
  columns: readonly (readonly (number | null | undefined)[])[],
): readonly [number, number] | undefined => {
  let [low, high] = [Infinity, -Infinity];
  for (const column of columns)
    for (const value of column)
      if (typeof value === 'number') {
        if (value < low) low = value;
        if (value > high) high = value;
      }
  return low <= high ? [low, high] : undefined;
};

const ROOM = 0.06;
/** A limit far away from the data would press them flat: one within this many spans is shown. */
const NEAR = 1.5;

/**
 * The range of a value axis: what is drawn with some room, and the limits that are near. A flat line gets a span of
 * its own.
 */
export const axisRange = (
  extent: readonly [number, number] | undefined,
  limits: readonly number[],
): [number, number] => {
  const [low, high] = extent ?? [limits[0] ?? 0, limits[0] ?? 1];
  const least = Math.max(1e-9, Math.max(Math.abs(low), Math.abs(high)) * 0.002);
  const span = Math.max(high - low, least);
  const near = limits.filter((limit) => limit >= low - NEAR * span && limit <= high + NEAR * span);
  const [bottom, top] = [Math.min(low, ...near), Math.max(high, ...near)];
  const whole = Math.max(top - bottom, least);
  // Nothing that is never negative gets an axis that is.
  const floor = bottom - ROOM * whole;
  return [bottom >= 0 && floor < 0 ? 0 : floor, top + ROOM * whole + (top === bottom ? whole : 0)];
};

/** Limits of a value, the ones a chart can draw as a line; the same one of two alarms once. */
export const drawnLimits = (
  limits: readonly ChartLimit[],
  names: readonly string[],
): readonly ChartLimit[] => {
  const seen = new Set<string>();
  return limits.filter(({ series, condition, limit }) => {
    const key = `${condition} ${limit}`;
    const drawn =
      names.includes(series) &&
      ['high-high', 'high', 'low', 'low-low'].includes(condition) &&
      Number.isFinite(limit) &&
      !seen.has(key);
    if (drawn) seen.add(key);
    return drawn;
  });
};

/** What happened on a chart: where it is marked and what it says. */
export interface Mark {
  readonly at: number;
  readonly look: 'bad' | 'warn' | 'good';
  readonly text: string;
}

/** The beginning and the end of alarms; what people did with them stands in the journal. */
export const marksOf = (
  events: readonly ChartEvent[],
  names: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Mark[] =>
  events
    .filter(
      ({ series, action, since }) =>
        names.includes(series) &&
        (action === 'raised' || action === 'cleared') &&
        since >= from &&
        since <= to,
    )
    .map(({ action, priority, since, message }): Mark => {
      const look = action === 'cleared' ? 'good' : /critical|high/.test(priority) ? 'bad' : 'warn';
      return { at: since, look, text: message };
    })
    .sort((a, b) => a.at - b.at);

/** The mark nearest to a moment, not further away than `reach`. */
export const nearestMark = (marks: readonly Mark[], at: number, reach: number): Mark | undefined => {
  let best: Mark | undefined;
  for (const mark of marks) {
    const distance = Math.abs(mark.at - at);
    if (distance <= reach && (best === undefined || distance < Math.abs(best.at - at))) best = mark;
  }
  return best;
};
