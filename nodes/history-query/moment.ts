/**
 * Points in time as people and programs write them. A day belongs to a zone; it is the plant's own day, so zones are
 * given as minutes east of UTC, never taken from the machine.
 */
import type { Field } from '../lib/fields.ts';
import { shown } from '../lib/number.ts';
import type { Range } from '../lib/store.ts';

export type Moment =
  /** ms since the epoch */
  | { readonly kind: 'at'; readonly ms: number }
  /** a time without a zone: as if it were UTC */
  | { readonly kind: 'local'; readonly ms: number }
  /** ms before now */
  | { readonly kind: 'ago'; readonly ms: number }
  /** the whole of a day: 0 is today, 1 is yesterday */
  | { readonly kind: 'day'; readonly daysAgo: number }
  /** the whole of a calendar day: its beginning, as if in UTC */
  | { readonly kind: 'date'; readonly ms: number };

/** A range that ends before it begins. */
export class NoRange extends Error {}

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const EARLIEST = Date.UTC(1900, 0, 1);
/** 1 January 10000 */
const LATEST = 253_402_300_800_000;
const units: Readonly<Record<string, number>> = {
  s: SECOND,
  m: 60 * SECOND,
  h: 3600 * SECOND,
  d: DAY,
  w: 7 * DAY,
};

const RELATIVE = /^(?:now)?-(\d{1,9}(?:\.\d{1,6})?)([smhdw])$/;
const WHOLE_DAY = /^day(?:-(\d{1,7}))?$/;
/** As text without a sign: `-24` is nobody's 24 ms before 1970. */
const MILLISECONDS = /^\d{1,15}$/;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+ -]\d\d:?\d\d)?)?$/i;

const within = (ms: number): boolean => ms >= EARLIEST && ms < LATEST;
const at = (ms: number): Moment | undefined =>
  Number.isInteger(ms) && within(ms) ? { kind: 'at', ms } : undefined;

/** ISO 8601, also without seconds, zone or time of day; undefined for a day or an hour that there is not. */
const isoMoment = (text: string): Moment | undefined => {
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = ISO.exec(text) ?? [];
  if (year === undefined) return undefined;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // Date.UTC makes 2 March of 30 February, and 1999 of the year 99.
  if (!date.toISOString().startsWith(`${year}-${month}-${day}T`) || !within(date.getTime())) return undefined;
  if (hour === undefined) return { kind: 'date', ms: date.getTime() };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const ms =
    date.getTime() +
    (Number(hour) * 60 + Number(minute)) * 60 * SECOND +
    Number(second) * SECOND +
    Number(fraction.padEnd(3, '0').slice(0, 3));
  if (zone === undefined) return { kind: 'local', ms };
  if (/z/i.test(zone)) return at(ms);
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  // In an address that nobody has encoded, a plus is read as a blank.
  const east = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
  return at(ms - east * 60 * SECOND);
};

const textMoment = (text: string): Moment | undefined => {
  if (text === 'now') return { kind: 'ago', ms: 0 };
  if (MILLISECONDS.test(text)) return at(Number(text));
  const [, count, unit = ''] = RELATIVE.exec(text) ?? [];
  if (count !== undefined)
    return { kind: 'ago', ms: Math.min(Math.round(Number(count) * (units[unit] ?? 0)), LATEST) };
  const day = WHOLE_DAY.exec(text);
  return day ? { kind: 'day', daysAgo: Number(day[1] ?? 0) } : isoMoment(text);
};

/** The moment that something stands for, or an error that names the field and the value. */
export const parseMoment = (raw: unknown, name: string): Moment => {
  const moment =
    typeof raw === 'number'
      ? at(raw)
      : raw instanceof Date
        ? at(raw.getTime())
        : typeof raw === 'string'
          ? textMoment(raw.trim())
          : undefined;
  if (moment) return moment;
  throw new Error(
    `${name}: must be a time such as -24h, now, day-1, 2026-11-20T10:00Z or ms since 1970, got ${shown(raw)}`,
  );
};

/** A time in a form; where `value` is blank, blank stands for none. */
export const momentField = (value: string): Field<Moment> => ({
  value,
  parse: (raw, name) => parseMoment(raw === undefined ? value : raw, name),
});
export const optionalMomentField = (): Field<Moment | undefined> => ({
  value: '',
  parse: (raw, name) => (raw === undefined || raw === '' ? undefined : parseMoment(raw, name)),
});

/** The beginning of a moment; `now` and its days are those of a clock `east` minutes east of UTC. */
const beginning = (moment: Moment, now: number, east: number): number => {
  const ahead = east * 60 * SECOND;
  switch (moment.kind) {
    case 'at':
      return moment.ms;
    case 'local':
    case 'date':
      return moment.ms - ahead;
    case 'ago':
      return now - moment.ms;
    case 'day':
      return Math.floor((now + ahead) / DAY) * DAY - moment.daysAgo * DAY - ahead;
  }
};

/** Where a range ends that goes up to a moment: a day is in it as a whole, and so is what was measured just now. */
const ending = (moment: Moment, now: number, east: number): number => {
  const begin = beginning(moment, now, east);
  if (moment.kind === 'day' || moment.kind === 'date') return begin + DAY;
  return moment.kind === 'ago' && moment.ms === 0 ? begin + 1 : begin;
};

const iso = (ms: number): string => new Date(ms).toISOString();
const bounded = (ms: number): number => Math.min(Math.max(ms, EARLIEST), LATEST);

/**
 * The range between two moments, by a clock that shows `now` (ms) and a zone (minutes east of UTC). Without `to` it is
 * the whole day where `from` is one, else all up to now. Throws where it would end before it begins.
 */
export const rangeBetween = (from: Moment, to: Moment | undefined, now: number, east = 0): Range => {
  const isDay = from.kind === 'day' || from.kind === 'date';
  const end = to ?? (isDay ? from : { kind: 'ago', ms: 0 });
  const range = { from: bounded(beginning(from, now, east)), to: bounded(ending(end, now, east)) };
  if (range.from <= range.to) return range;
  // A beginning that has not come yet is nobody's mistake where no end was asked for: there is nothing there.
  if (to === undefined) return { from: range.from, to: range.from };
  throw new NoRange(`from: must not be after to (${iso(range.to)}), got ${iso(range.from)}`);
};
