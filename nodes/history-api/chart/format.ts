import type { Timeline } from '../../lib/store.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A simulated plant begins here; its days are counted from it. */
const SIMULATED_EPOCH = Date.UTC(2000, 0, 1);

/** UCUM as people read it. Only what differs. */
const unitWords: Readonly<Record<string, string>> = {
  Cel: '°C',
  '[pH]': 'pH',
  lx: 'lx',
  Ohm: 'Ω',
  deg: '°',
  'W.h': 'Wh',
  'kW.h': 'kWh',
  'A.h': 'Ah',
  'Cel/min': '°C/min',
  'm3/h': 'm³/h',
  m3: 'm³',
  'g/L': 'g/l',
  '1': '',
};
export const unitWord = (unit: string): string => unitWords[unit] ?? unit;

/** How many decimals tell values of this span apart: two digits of it. */
export const decimalsFor = (span: number): number =>
  Number.isFinite(span) && span > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(span)))) : 2;

/** A number as people read it: no noise behind the point, a real minus, no negative zero. */
export const numberText = (value: number, decimals: number): string => {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
};

/** With its unit; a blank unit leaves no space. */
export const valueText = (value: number | null, unit: string, decimals: number): string =>
  value === null ? '–' : `${numberText(value, decimals)}${unitWord(unit) === '' ? '' : ` ${unitWord(unit)}`}`;

const isCounted = (at: number, timeline: Timeline): boolean =>
  timeline === 'simulated' && at >= SIMULATED_EPOCH && at < Date.UTC(2015, 0, 1);

/** Simulated time is UTC by definition; real time is that of who looks, or of `zone`. */
const partsOf = (at: number, timeline: Timeline, zone?: string): Readonly<Record<string, string>> => {
  const timeZone = timeline === 'simulated' ? 'UTC' : zone;
  const format = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(timeZone !== undefined && { timeZone }),
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
};

/** `Day 3` of a simulated plant, `21 Nov 2025` of a real one. */
export const dayText = (at: number, timeline: Timeline, zone?: string): string => {
  if (isCounted(at, timeline)) return `Day ${Math.floor((at - SIMULATED_EPOCH) / DAY) + 1}`;
  const { day, month, year } = partsOf(at, timeline, zone);
  return `${day} ${month} ${year}`;
};

/** `09:07:12`, without seconds where they do not matter. */
export const clockText = (at: number, timeline: Timeline, seconds = true, zone?: string): string => {
  const { hour, minute, second } = partsOf(at, timeline, zone);
  return seconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
};

export const momentText = (at: number, timeline: Timeline, seconds = true, zone?: string): string =>
  `${dayText(at, timeline, zone)}, ${clockText(at, timeline, seconds, zone)}`;

/**
 * What stands below the ticks of a time axis: the time, and in a second line the day where it is new. `stepMs` is the
 * distance of the ticks.
 */
export const tickTexts = (
  ticks: readonly number[],
  stepMs: number,
  timeline: Timeline,
  zone?: string,
): string[] => {
  const shortDay = (at: number): string => {
    const text = dayText(at, timeline, zone);
    return stepMs >= 28 * DAY ? text.replace(/^\d+ /, '') : text.replace(/ \d{4}$/, '');
  };
  let before = '';
  return ticks.map((at) => {
    const day = shortDay(at);
    if (stepMs >= DAY) return day;
    const clock = clockText(at, timeline, stepMs < MINUTE, zone);
    const text = day === before ? clock : `${clock}\n${day}`;
    before = day;
    return text;
  });
};

/** `5 min`, `24 h`, `30 days`: how long a stretch is, in its largest whole unit. */
export const spanText = (ms: number): string => {
  if (ms >= 2 * DAY) return `${Math.round(ms / DAY)} days`;
  if (ms >= 2 * HOUR) return `${Math.round(ms / HOUR)} h`;
  if (ms >= MINUTE) return `${Math.round(ms / MINUTE)} min`;
  return `${Math.max(1, Math.round(ms / 1000))} s`;
};

/** `1.2 GB`, in powers of 1000. */
export const bytesText = (bytes: number): string => {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${names[power]}`;
};

const words = (text: string): string => text.replaceAll(/[-_]/g, ' ').trim();
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `fish-tank/1/room_temperature` -> Fish tank 1, Room temperature. */
export const seriesWords = (name: string, unit = ''): { readonly group: string; readonly label: string } => {
  const parts = name.split('/');
  // The unit of a plant has a number; what has none is one itself.
  const number = parts.slice(0, -1).findIndex((part) => /^\d+$/.test(part));
  const unitParts = parts.slice(0, number >= 0 ? number + 1 : Math.min(1, parts.length - 1));
  const label = parts.slice(unitParts.length).map(words).join(' ');
  return {
    group: capital(unitParts.map(words).join(' ')) || 'Other',
    label: unit === '[pH]' && label === 'ph' ? 'pH' : capital(label) || name,
  };
};
