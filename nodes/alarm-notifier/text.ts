import type { AlarmEvent } from '../lib/alarms.ts';
import { shownUnit } from '../lib/status.ts';
import type { Notice } from './gate.ts';

const stateWords: Readonly<Record<AlarmEvent['state'], string>> = {
  normal: 'normal again',
  unacknowledged: 'active, not acknowledged',
  acknowledged: 'active, acknowledged',
  returned: 'normal again, not acknowledged',
};
const amount = (value: number | null, unit: string): string =>
  value === null ? '-' : `${Number(value.toPrecision(6))} ${shownUnit(unit)}`.trim();

const factsOf = (event: AlarmEvent): string => {
  const { series, condition, priority, state, value, limit, unit, since, timeline, at, user, message } =
    event;
  const facts: (readonly [string, string])[] = [
    ['Series', series],
    ['Alarm', condition],
    ['Priority', priority],
    ['State', stateWords[state]],
    ['Value', amount(value, unit)],
    ['Limit', amount(limit, unit)],
    ['Since', `${new Date(since).toISOString()}${timeline === 'simulated' ? ' (simulated time)' : ''}`],
    ['Told', new Date(at).toISOString()],
    ...(user === undefined ? [] : [['By', user] as const]),
  ];
  return [message, ...facts.map(([name, text]) => `  ${`${name}:`.padEnd(10)}${text}`)].join('\n');
};

/** The text of a mail: every fact of every alarm it is about. */
export const bodyOf = ({ text, events, count }: Notice): string => {
  const rest = count - events.length;
  const parts = [
    ...(events.length === 1 && events[0]?.message === text ? [] : [text]),
    ...events.map(factsOf),
    ...(rest > 0 ? [`and ${rest} more: see the alarms page`] : []),
  ];
  return `${parts.join('\n\n')}\n`;
};

/** One line of at most 200 characters, whatever a series is called. */
export const subjectOf = ({ subject }: Notice): string => subject.replaceAll(/\s+/g, ' ').slice(0, 200);

/** What a webhook gets. */
export const bodyForWebhook = (notice: Notice, id: string): string => JSON.stringify({ id, ...notice });
