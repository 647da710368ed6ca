import { conditions, isActive, priorities } from '../lib/alarms.ts';
import type { AlarmAction, AlarmEntry, AlarmEvent, AlarmLimit } from '../lib/alarms.ts';
import type { Status } from '../lib/status.ts';
import type { Alarm } from './alarm.ts';
import type { Rule } from './config.ts';
import { measure } from './judge.ts';
import type { Happening, Unit } from './unit.ts';
import { doneBy, sentenceOf, titleOf } from './words.ts';

const unitFor = ({ condition }: Rule, measuredIn: string): string => {
  if (condition === 'stale') return 's';
  if (condition === 'bad-quality') return '';
  return condition === 'rate' ? `${measuredIn === '' ? '1' : measuredIn}/min` : measuredIn;
};

export const idOf = (series: string, condition: string): string => `${series}:${condition}`;

const entryOf = (
  unit: Unit,
  rule: Rule,
  alarm: Alarm,
  value: number | undefined,
  now: number,
  action?: AlarmAction,
): AlarmEntry => {
  const { series, timeline, measuredIn } = unit;
  const { condition, limit, priority } = rule;
  const { state, since, shelvedUntil, user } = alarm;
  const active = isActive(state);
  // It is on the list, or told of, for its shelf alone: nothing has begun or ended.
  const idle = state === 'normal' && action !== 'cleared' && action !== 'acknowledged';
  return {
    id: idOf(series, condition),
    series,
    condition,
    state,
    ...(shelvedUntil !== undefined && { shelvedUntil }),
    priority,
    value: value ?? null,
    limit: condition === 'bad-quality' ? null : (limit ?? null),
    unit: unitFor(rule, measuredIn),
    since,
    timeline,
    message: idle
      ? titleOf(series, condition)
      : sentenceOf({ series, condition, active, value, limit, measuredIn, since, now, timeline }),
    ...(user !== '' && { user }),
  };
};

/** One transition as people and the journal get it. `now` in process time, `at` in wall time. */
export const eventOf = (happening: Happening, now: number, at: number): AlarmEvent => {
  const { unit, rule, alarm, value, action, previous } = happening;
  const entry = entryOf(unit, rule, alarm, value, now, action);
  const { user, shelvedUntil } = alarm;
  return {
    ...entry,
    message: entry.message + doneBy(action, user, shelvedUntil, at),
    previous,
    at,
    action,
  };
};

/** All alarms of a series that are not normal or are shelved. */
export const entriesOf = (unit: Unit, rateMs: number, now: number): AlarmEntry[] =>
  unit.rules.flatMap((rule) => {
    const alarm = unit.alarms[rule.condition];
    if (!alarm || (alarm.state === 'normal' && alarm.shelvedUntil === undefined)) return [];
    return [entryOf(unit, rule, alarm, measure(rule, unit, rateMs, now), now)];
  });

/** The limits that stand still on a chart of the series. */
export const limitsDrawn = ({ series, timeline, rules, measuredIn }: Unit): AlarmLimit[] =>
  rules.flatMap(({ condition, limit, priority }) =>
    limit !== undefined && conditions.indexOf(condition) <= conditions.indexOf('low-low')
      ? [{ series, timeline, condition, limit, unit: measuredIn, priority }]
      : [],
  );

/** Whether something wired to it has to act: an alarm is active, or latched and not yet acknowledged; shelved or not. */
export const isOn = ({ rules, alarms }: Unit): boolean =>
  rules.some(({ condition, latching }) => {
    const state = alarms[condition]?.state ?? 'normal';
    return isActive(state) || (latching && state === 'returned');
  });

/** What the node shows: how many alarms are active, or the only one by name. */
export const lightFor = (units: readonly Unit[]): Status => {
  if (units.length === 0) return { kind: 'waiting', text: 'no data' };
  const active = units.flatMap(({ rules, alarms }) =>
    rules.filter(({ condition }) => isActive(alarms[condition]?.state ?? 'normal')),
  );
  const [first] = active.toSorted((a, b) => priorities.indexOf(a.priority) - priorities.indexOf(b.priority));
  if (!first) {
    const alone = units.length === 1 ? units[0] : undefined;
    return alone?.value === undefined
      ? { kind: 'nominal', text: 'normal' }
      : { kind: 'nominal', value: alone.value, unit: alone.measuredIn };
  }
  return { kind: 'fault', text: active.length === 1 ? first.condition : `${active.length} alarms` };
};
