import type { Limit } from './measured.ts';
import type { Report } from './report.ts';

/** Simulated time has its own epoch; before this nothing real was brewed. */
const EPOCH = Date.UTC(2000, 0, 1);
const REAL_FROM = Date.UTC(2015, 0, 1);
const DAY_MS = 86_400_000;
const NONE = '–';

/** A moment for people: the day of a simulation, or date and time in UTC. */
export const moment = (at: unknown): string => {
  if (typeof at !== 'number' || !Number.isFinite(at)) return NONE;
  const [date = '', time = ''] = new Date(at).toISOString().split(/[T.]/);
  return at < REAL_FROM ? `Day ${Math.floor((at - EPOCH) / DAY_MS) + 1}, ${time}` : `${date} ${time} UTC`;
};

/** A time for people, by its two largest parts: `3 d 4 h`. */
export const span = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const some = parts.filter(([count]) => count > 0).slice(0, 2);
  return some.map(([count, unit]) => `${count} ${unit}`).join(' ') || '0 s';
};

const sensors: Readonly<Record<string, readonly [name: string, unit: string, digits: number]>> = {
  Temperature: ['Temperature', '°C', 1],
  PH: ['pH', '', 2],
  Pressure: ['Pressure', 'hPa', 0],
};
/** What was done, by the command. */
const commands: Readonly<Record<string, string>> = {
  receive: 'Batch received by the reactor',
  start: 'Brew started',
  press: 'Button pressed',
  hold: 'Put on hold',
  unhold: 'Resumed',
  finish: 'Finished early',
  pickup: 'Pickup confirmed',
  abort: 'Aborted',
  clear: 'Cleared',
  selftest: 'Self test',
};
/** What happened, by the state it led to. */
const states: Readonly<Record<string, string>> = {
  connecting: 'Looking for the sensors',
  'ready-to-start': 'Sensors are good: ready to start',
  running: 'Brewing',
  held: 'On hold',
  'ready-for-pickup': 'The brew is over: ready for pickup',
  cleaning: 'Cleaning',
  idle: 'The reactor is free',
  aborted: 'Aborted',
  fault: 'Fault',
};
/** Whether a limit was kept, and the class of the word. */
const keptOf = ({ min, Count, Outside }: Limit): { keptText: string; keptLook: 'kept' | 'not' | 'soft' } => {
  if (min === null) return { keptText: 'not watched', keptLook: 'soft' };
  if (Count === 0) return { keptText: NONE, keptLook: 'soft' };
  if (Outside === null) return { keptText: 'not known', keptLook: 'soft' };
  return Outside === 0 ? { keptText: 'yes', keptLook: 'kept' } : { keptText: 'no', keptLook: 'not' };
};
type Line = Report['journal'][number];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const whatOf = ({ signal, from, to }: Line): string =>
  signal === 'elapsed' && from === 'ready-for-pickup'
    ? 'Nobody has confirmed the pickup: cleaning'
    : (commands[textOf(signal)] ?? states[textOf(to)] ?? textOf(signal));

/** Every number and moment of a report as people read it, for a template that has no logic. */
export const inWords = (report: Report, user: string, now: number): object => {
  const { batch, from, to, limits, journal, alarms } = report;
  return {
    text: {
      made: moment(batch.Timestamp * 1000),
      created: moment(batch.Recipe.Timestamp * 1000),
      from: moment(from),
      to: moment(to),
      lasted: from !== null && to !== null ? span((to - from) / 1000) : NONE,
      runTime: span(batch.Recipe.DurationSeconds),
      printed: moment(now),
      printedBy: user,
      simulated: from !== null && from < REAL_FROM,
    },
    limits: limits.map((limit) => {
      const [name, unitText, digits] = sensors[limit.Sensor] ?? [limit.Sensor, limit.Unit, 2];
      const shown = (value: number | null, places = digits): string =>
        value === null ? NONE : value.toFixed(places);
      return {
        ...limit,
        name,
        unitText,
        minText: String(limit.min ?? NONE),
        maxText: String(limit.max ?? NONE),
        lowestText: shown(limit.Lowest),
        highestText: shown(limit.Highest),
        meanText: shown(limit.Mean),
        outsideText: shown(limit.Outside, 0),
        ...keptOf(limit),
      };
    }),
    journal: journal.map((line) => ({
      ...line,
      when: moment(line['at']),
      what: whatOf(line),
      who: textOf(line['user']) || 'by itself',
    })),
    alarms: alarms.map((event) => ({
      ...event,
      when: moment(event['since']),
      what: [event['message'], event['action']]
        .map(textOf)
        .filter((text) => text !== '')
        .join(': '),
      who: textOf(event['user']),
    })),
  };
};
