import type { AlarmAction, Condition } from '../lib/alarms.ts';
import { shownUnit } from '../lib/status.ts';
import type { Timeline } from '../lib/store.ts';

/** What a sentence for people is about. */
export interface Facts {
  readonly series: string;
  readonly condition: Condition;
  readonly active: boolean;
  readonly value: number | undefined;
  readonly limit: number | undefined;
  readonly measuredIn: string;
  readonly since: number;
  /** process time, to leave out the day where it is today */
  readonly now: number;
  readonly timeline: Timeline;
}

/** A series as people say it: `fish-tank/1/temperature` is "Fish tank 1 temperature". */
export const nameOf = (series: string): string => {
  const words = series
    .split(/[/_\-\s]+/)
    .filter((word) => word !== '')
    .map((word) => (word === 'ph' ? 'pH' : word))
    .join(' ');
  return words.startsWith('pH') ? words : words.charAt(0).toUpperCase() + words.slice(1);
};

/** An alarm of which there is nothing to tell. */
export const titleOf = (series: string, condition: Condition): string =>
  `${nameOf(series)}, ${condition} alarm`;

const two = (number: number): string => String(number).padStart(2, '0');
/** The time of day, with the date where it is another day. A simulated plant lives in UTC, people in their own zone. */
export const timeOf = (ms: number, now: number, timeline: Timeline): string => {
  const parts = (time: number): readonly [string, string] => {
    const date = new Date(time);
    return timeline === 'simulated'
      ? [
          `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`,
          `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
        ]
      : [
          `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
          `${two(date.getHours())}:${two(date.getMinutes())}`,
        ];
  };
  const [day, time] = parts(ms);
  return day === parts(now)[0] ? time : `${day} ${time}`;
};

/** A number as people read it, with more digits where it would look like the limit itself. */
const rounded = (value: number, limit: number | undefined): string => {
  const short = Number(value.toPrecision(4));
  return String(short === limit && value !== limit ? Number(value.toPrecision(9)) : short);
};

export const sentenceOf = (facts: Facts): string => {
  const { series, condition, active, value, limit, measuredIn, since, now, timeline } = facts;
  const name = nameOf(series);
  const unit = measuredIn === '' ? '' : ` ${shownUnit(measuredIn)}`;
  const time = `since ${timeOf(since, now, timeline)}`;
  if (limit === undefined) return `${name} is no longer watched for ${watched[condition]}`;
  const amount = (number: number | undefined): string =>
    number === undefined ? 'unknown' : `${rounded(number, limit)}${unit}`;
  const within = active ? 'above' : 'within';
  switch (condition) {
    case 'high-high':
    case 'high':
      return `${name} is ${amount(value)}, ${active ? '' : 'no longer '}above the ${condition} limit of ${limit}${unit} ${time}`;
    case 'low':
    case 'low-low':
      return `${name} is ${amount(value)}, ${active ? '' : 'no longer '}below the ${condition} limit of ${limit}${unit} ${time}`;
    case 'rate':
      return `${name} changes by ${amount(value)} per minute, ${within} the limit of ${limit}${unit} per minute ${time}`;
    case 'deviation': {
      const size = value === undefined ? undefined : Math.abs(value);
      return `${name} is ${amount(size)} off its setpoint, ${within} the limit of ${limit}${unit} ${time}`;
    }
    case 'stale':
      return active
        ? `${name} has sent no value ${time}, longer than the limit of ${limit} s`
        : `${name} sends values again ${time}`;
    case 'bad-quality':
      return active ? `${name} has bad quality ${time}` : `${name} has good quality again ${time}`;
  }
};

const watched: Readonly<Record<Condition, string>> = {
  'high-high': 'its high-high limit',
  high: 'its high limit',
  low: 'its low limit',
  'low-low': 'its low-low limit',
  rate: 'its rate of change',
  deviation: 'its deviation from the setpoint',
  stale: 'silence',
  'bad-quality': 'bad quality',
};

/** What somebody has done, to be said after the sentence. Shelving is in wall time: people's own. */
export const doneBy = (
  action: AlarmAction,
  user: string,
  shelvedUntil: number | undefined,
  wall: number,
): string => {
  const by = user === '' ? '' : ` by ${user}`;
  switch (action) {
    case 'raised':
    case 'cleared':
      return '';
    case 'acknowledged':
      return ` (acknowledged${by})`;
    case 'shelved':
      return ` (shelved until ${timeOf(shelvedUntil ?? wall, wall, 'real')}${by})`;
    case 'unshelved':
      return ` (no longer shelved${by === '' ? '' : `, taken back${by}`})`;
  }
};
