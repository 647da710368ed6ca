import type { Timeline } from '../../lib/store.ts';
import { DAY, HOUR } from './format.ts';

/** Up to now and going with it, or between two moments. */
export type ChartRange =
  | { readonly kind: 'last'; readonly ms: number }
  | { readonly kind: 'between'; readonly from: number; readonly to: number };

export const quickRanges: readonly { readonly text: string; readonly ms: number }[] = [
  { text: '1 h', ms: HOUR },
  { text: '6 h', ms: 6 * HOUR },
  { text: '24 h', ms: DAY },
  { text: '7 d', ms: 7 * DAY },
  { text: '30 d', ms: 30 * DAY },
];
const SHORTEST_MS = 1000;

/** What a person has chosen on the history page. */
export interface Choice {
  readonly timeline: Timeline;
  readonly series: readonly string[];
  readonly range: ChartRange;
}

/** From and to in ms; `newest` is the plant's now. */
export const boundsOf = (
  range: ChartRange,
  newest: number,
): { readonly from: number; readonly to: number } =>
  range.kind === 'last' ? { from: newest - range.ms, to: newest } : { from: range.from, to: range.to };

/** The same stretch some days earlier or later; it goes with the time again once it has reached it. */
export const shiftedDays = (range: ChartRange, days: number, newest: number): ChartRange => {
  const { from, to } = boundsOf(range, newest);
  const shift = days * DAY;
  if (to + shift >= newest) return { kind: 'last', ms: to - from };
  return { kind: 'between', from: from + shift, to: to + shift };
};

/** What was drawn over with the mouse, as a range; not shorter than a second. */
export const zoomed = (a: number, b: number): ChartRange => {
  const [from, to] = [Math.round(Math.min(a, b)), Math.round(Math.max(a, b))];
  return { kind: 'between', from, to: Math.max(to, from + SHORTEST_MS) };
};

/** The query of `/api/history` and `/api/history.csv`; without `points` what was measured. */
export const historyQuery = (
  { timeline, series, range }: Choice,
  newest: number,
  points?: number,
): string => {
  const query = new URLSearchParams();
  for (const name of series) query.append('series', name);
  query.set('timeline', timeline);
  const { from, to } = boundsOf(range, newest);
  query.set('from', String(from));
  // `to` is out: what was measured last belongs to it.
  query.set('to', String(range.kind === 'last' ? to + 1 : to));
  if (points !== undefined) query.set('points', String(points));
  return query.toString();
};

/** For the address of the page, so that a view can be sent to somebody. */
export const hashOf = ({ timeline, series, range }: Choice): string => {
  const query = new URLSearchParams();
  for (const name of series) query.append('series', name);
  query.set('timeline', timeline);
  if (range.kind === 'last') query.set('last', String(range.ms));
  else {
    query.set('from', String(range.from));
    query.set('to', String(range.to));
  }
  return `#${query.toString()}`;
};

const wholeNumber = (text: string | null): number | undefined => {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
};

/** What `hashOf` has written; undefined where there is no series in it or its range cannot be. */
export const choiceFrom = (hash: string): Choice | undefined => {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const series = query.getAll('series').filter((name) => name !== '');
  const timeline = query.get('timeline') === 'simulated' ? 'simulated' : 'real';
  const [last, from, to] = [query.get('last'), query.get('from'), query.get('to')].map(wholeNumber);
  if (series.length === 0) return undefined;
  if (last !== undefined && last > 0) return { timeline, series, range: { kind: 'last', ms: last } };
  if (from === undefined || to === undefined || from >= to) return undefined;
  return { timeline, series, range: { kind: 'between', from, to } };
};

/** A moment as two fields of a form hold it: a date, or the day of a simulation as a whole number; and hh:mm. */
export interface MomentFields {
  readonly day: string;
  readonly clock: string;
}
const FIRST_DAY = Date.UTC(2000, 0, 1);
const two = (value: number): string => String(value).padStart(2, '0');

export const fieldsOf = (at: number, timeline: Timeline): MomentFields => {
  const date = new Date(at);
  if (timeline === 'simulated')
    return {
      day: String(Math.floor((at - FIRST_DAY) / DAY) + 1),
      clock: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
    };
  return {
    day: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}`,
  };
};

/** The moment of two fields, undefined where they are none. */
export const momentOf = ({ day, clock }: MomentFields, timeline: Timeline): number | undefined => {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(clock.trim()) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  if (timeline === 'simulated') {
    const number = wholeNumber(day);
    return number === undefined
      ? undefined
      : FIRST_DAY + (number - 1) * DAY + Number(hours) * HOUR + Number(minutes) * 60_000;
  }
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day.trim()) ?? [];
  const at = new Date(Number(year), Number(month) - 1, Number(date), Number(hours), Number(minutes));
  return at.getMonth() === Number(month) - 1 ? at.getTime() : undefined;
};
