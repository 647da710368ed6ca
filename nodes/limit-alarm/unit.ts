import { conditions, isActive, type AlarmCommand, type Condition } from '../lib/alarms.ts';
import type { Timeline } from '../lib/store.ts';
import { abandon, acknowledge, dueAt, elapse, quiet, sense, shelve, unshelve } from './alarm.ts';
import type { Alarm, Result, Transition } from './alarm.ts';
import type { Limits, Rule } from './config.ts';
import { judge, measure, remember, type Point } from './judge.ts';

/** All that is known of one series. */
export interface Unit {
  readonly series: string;
  readonly timeline: Timeline;
  /** UCUM style */
  readonly measuredIn: string;
  /** a sample has come since the start */
  readonly seen: boolean;
  /** process time at which the last sample was measured; -Infinity: none since the start */
  readonly measuredAt: number;
  /** the last usable value */
  readonly value: number | undefined;
  /** the last sample had no usable value */
  readonly missing: boolean;
  /** process time of the last usable value, or of the start */
  readonly goodAt: number;
  readonly setpoint: number | undefined;
  readonly points: readonly Point[];
  /** by message, for this series alone */
  readonly limits: Limits;
  /** with all limits by message */
  readonly rules: readonly Rule[];
  readonly alarms: Readonly<Partial<Record<Condition, Alarm>>>;
}
export interface Sample {
  /** undefined: bad or missing */
  readonly value: number | undefined;
  /** when it was measured */
  readonly timestamp: number;
  readonly unit: string | undefined;
  readonly setpoint: number | undefined;
  readonly timeline: Timeline;
}
/** A transition with what it was about. */
export interface Happening extends Transition {
  readonly rule: Rule;
  /** what was compared with the limit */
  readonly value: number | undefined;
  readonly unit: Unit;
}
export interface Step {
  readonly unit: Unit;
  readonly happenings: readonly Happening[];
}

export const newUnit = (series: string, timeline: Timeline, rules: readonly Rule[], now: number): Unit => ({
  series,
  timeline,
  measuredIn: '',
  seen: false,
  measuredAt: -Infinity,
  value: undefined,
  missing: false,
  goodAt: now,
  setpoint: undefined,
  points: [],
  limits: {},
  rules,
  alarms: {},
});

type Change = (rule: Rule, alarm: Alarm) => Result;

/** Lets every alarm change, or some, and tells what happened. */
const each = (unit: Unit, rateMs: number, now: number, change: Change): Step => {
  let { alarms } = unit;
  const happenings: Happening[] = [];
  for (const rule of unit.rules) {
    const before = alarms[rule.condition] ?? quiet;
    const { alarm, transitions } = change(rule, before);
    if (alarm === before) continue;
    alarms = { ...alarms, [rule.condition]: alarm };
    const value = measure(rule, unit, rateMs, now);
    for (const transition of transitions) happenings.push({ ...transition, rule, value, unit });
  }
  return { unit: alarms === unit.alarms ? unit : { ...unit, alarms }, happenings };
};

/** What is stale has been silent since its last value, not only since somebody noticed. */
const silentSince = (result: Result, before: Alarm, goodAt: number): Result => {
  if (isActive(before.state) || !isActive(result.alarm.state)) return result;
  return {
    alarm: { ...result.alarm, since: goodAt },
    transitions: result.transitions.map((transition) => ({
      ...transition,
      alarm: { ...transition.alarm, since: goodAt },
    })),
  };
};

/** Judges everything anew: after a sample, or other limits. */
export const review = (unit: Unit, rateMs: number, now: number): Step =>
  each(unit, rateMs, now, (rule, alarm) => {
    if (rule.limit === undefined) return abandon(alarm, now);
    const result = sense(rule, alarm, judge(rule, unit, isActive(alarm.state), rateMs, now), now);
    return rule.condition === 'stale' ? silentSince(result, alarm, unit.goodAt) : result;
  });

/** When the next delay ends or the series goes stale; Infinity: never. */
export const deadlineOf = ({ rules, alarms, goodAt }: Unit): number => {
  let deadline = Infinity;
  for (const rule of rules) {
    if (rule.limit === undefined) continue;
    const alarm = alarms[rule.condition] ?? quiet;
    deadline = Math.min(deadline, dueAt(rule, alarm));
    if (rule.condition === 'stale' && alarm.turning === undefined && !isActive(alarm.state))
      deadline = Math.min(deadline, goodAt + rule.limit * 1000);
  }
  return deadline;
};

/** Time has passed: delays end, and silence gets longer. */
export const tick = (unit: Unit, rateMs: number, now: number): Step =>
  each(unit, rateMs, now, (rule, alarm) => {
    if (rule.limit === undefined) return abandon(alarm, now);
    if (rule.condition !== 'stale') return elapse(rule, alarm, now);
    const holds = judge(rule, unit, isActive(alarm.state), rateMs, now);
    return silentSince(sense(rule, alarm, holds, now), alarm, unit.goodAt);
  });

/**
 * Takes a sample. One that comes late tells what was, not what is: it is left out. A time ahead of the clock counts as
 * now, and a clock that was put back begins anew, or nothing would be heard for long.
 */
export const accept = (unit: Unit, sample: Sample, rateMs: number, now: number): Step => {
  const { value, setpoint = unit.setpoint, unit: measuredIn = unit.measuredIn } = sample;
  const timestamp = Math.min(sample.timestamp, now);
  const isLate = timestamp < unit.measuredAt && unit.measuredAt <= now;
  if (isLate && sample.timeline === unit.timeline) return { unit, happenings: [] };
  const common = {
    ...unit,
    seen: true,
    measuredAt: timestamp,
    timeline: sample.timeline,
    measuredIn,
    setpoint,
  };
  const next: Unit =
    value === undefined
      ? { ...common, missing: true }
      : {
          ...common,
          missing: false,
          value,
          goodAt: now,
          points: unit.rules.some(({ condition, limit }) => condition === 'rate' && limit !== undefined)
            ? remember(unit.points, { at: timestamp, value }, rateMs)
            : [],
        };
  return review(next, rateMs, now);
};

/** Does what people ask of one alarm. `now` in process time, `wall` in wall time. */
export const obey = (
  unit: Unit,
  condition: Condition,
  { kind, user, minutes = 0 }: AlarmCommand,
  { rateMs, now, wall }: { readonly rateMs: number; readonly now: number; readonly wall: number },
): Step =>
  each(unit, rateMs, now, (rule, alarm) => {
    if (rule.condition !== condition) return { alarm, transitions: [] };
    switch (kind) {
      case 'acknowledge':
        return acknowledge(rule, alarm, user);
      case 'shelve':
        return shelve(alarm, wall + minutes * 60_000, user);
      case 'unshelve':
        return unshelve(alarm, user);
    }
  });

/** The wall time at which the next alarm comes from the shelf; Infinity: none is there. */
export const shelfDue = ({ alarms }: Unit): number =>
  Math.min(...conditions.map((condition) => alarms[condition]?.shelvedUntil ?? Infinity));

/** Takes from the shelf what has been there long enough. */
export const expire = (unit: Unit, rateMs: number, now: number, wall: number): Step =>
  each(unit, rateMs, now, (_rule, alarm) =>
    (alarm.shelvedUntil ?? Infinity) <= wall ? unshelve(alarm, '') : { alarm, transitions: [] },
  );

/** The alarm of an id among the series of a node, or undefined where it is not one that is watched for or listed. */
export const ofId = (
  units: ReadonlyMap<string, Unit>,
  id: string,
): { readonly unit: Unit; readonly condition: Condition } | undefined => {
  const colon = id.lastIndexOf(':');
  const unit = units.get(id.slice(0, Math.max(0, colon)));
  const rule = unit?.rules.find(({ condition }) => condition === id.slice(colon + 1));
  if (!unit || !rule || (rule.limit === undefined && !unit.alarms[rule.condition])) return undefined;
  return { unit, condition: rule.condition };
};

/** Whether an alarm of a unit is in another state than before. */
export const hasOtherStates = (before: Unit | undefined, after: Unit): boolean =>
  before !== after &&
  Object.entries(after.alarms).some(
    ([condition, alarm]) => before?.alarms[condition as Condition]?.state !== alarm?.state,
  );
