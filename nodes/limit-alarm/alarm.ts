import { isActive, type AlarmAction, type AlarmState } from '../lib/alarms.ts';

/**
 * One alarm: the states of ISA-18.2 as a table, its delays, and the shelf that hides it from people. Delays count in
 * process time, the shelf in wall time.
 */
export type Signal = 'active' | 'clear' | 'acknowledge';
type Routes = Readonly<Record<AlarmState, Readonly<Partial<Record<Signal, AlarmState>>>>>;

export const routes: Routes = {
  normal: { active: 'unacknowledged' },
  unacknowledged: { clear: 'returned', acknowledge: 'acknowledged' },
  acknowledged: { clear: 'normal' },
  returned: { active: 'unacknowledged', acknowledge: 'normal' },
};
/** A latched alarm is normal only once somebody has acknowledged it after the condition has gone. */
export const latchedRoutes: Routes = { ...routes, acknowledged: { clear: 'returned' } };

/** The state a signal leads to, or undefined where the signal has no meaning in this state. */
export const advance = (state: AlarmState, signal: Signal, latching: boolean): AlarmState | undefined =>
  (latching ? latchedRoutes : routes)[state][signal];

export interface Delays {
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly latching: boolean;
}
export interface Alarm {
  readonly state: AlarmState;
  /** process time since which the condition holds, or no longer holds */
  readonly since: number;
  /** process time since which the condition is contrary to the state; undefined: it is not */
  readonly turning: number | undefined;
  /** wall time; undefined: it is not shelved */
  readonly shelvedUntil: number | undefined;
  /** what people were told last */
  readonly told: AlarmState;
  /** whether they were told of a raise and not yet of its clearing */
  readonly announced: boolean;
  /** who acknowledged or shelved it */
  readonly user: string;
}
/** What has happened to an alarm, to be told to people. */
export interface Transition {
  readonly action: AlarmAction;
  readonly previous: AlarmState;
  /** the alarm right after it */
  readonly alarm: Alarm;
}
export interface Result {
  readonly alarm: Alarm;
  readonly transitions: readonly Transition[];
}

export const quiet: Alarm = {
  state: 'normal',
  since: 0,
  turning: undefined,
  shelvedUntil: undefined,
  told: 'normal',
  announced: false,
  user: '',
};

const same = (alarm: Alarm): Result => ({ alarm, transitions: [] });

/** Tells people what the alarm is now. */
const tell = (alarm: Alarm, action: AlarmAction): Result => {
  const announced = action === 'raised' || (action !== 'cleared' && alarm.announced);
  const told = { ...alarm, told: alarm.state, announced };
  return { alarm: told, transitions: [{ action, previous: alarm.told, alarm: told }] };
};

/** Takes a change of the condition, which people hear of only where the alarm is not shelved. */
const turn = (alarm: Alarm, signal: 'active' | 'clear', since: number, latching: boolean): Result => {
  const state = advance(alarm.state, signal, latching) ?? alarm.state;
  const turned: Alarm = { ...alarm, state, since, turning: undefined, user: '' };
  return alarm.shelvedUntil === undefined
    ? tell(turned, signal === 'active' ? 'raised' : 'cleared')
    : same(turned);
};

/**
 * Takes what is known of the condition now: it holds, it does not, or (undefined) nobody can tell. Then an alarm stays
 * as it is and never clears, not even at the end of an off-delay that has begun.
 */
export const sense = (delays: Delays, alarm: Alarm, holds: boolean | undefined, now: number): Result => {
  const active = isActive(alarm.state);
  if (holds === active || (holds === undefined && active))
    return same(alarm.turning === undefined ? alarm : { ...alarm, turning: undefined });
  if (holds === undefined && alarm.turning === undefined) return same(alarm);
  const turning = alarm.turning ?? now;
  const turned = { ...alarm, turning };
  return now >= dueAt(delays, turned)
    ? turn(turned, active ? 'clear' : 'active', turning, delays.latching)
    : same(turned);
};

/** When the delay that runs ends; Infinity where none does. */
export const dueAt = ({ onDelayMs, offDelayMs }: Delays, { state, turning }: Alarm): number =>
  turning === undefined ? Infinity : turning + (isActive(state) ? offDelayMs : onDelayMs);

/** At the end of a delay, with no news of the condition. */
export const elapse = (delays: Delays, alarm: Alarm, now: number): Result =>
  now >= dueAt(delays, alarm)
    ? turn(alarm, isActive(alarm.state) ? 'clear' : 'active', alarm.turning ?? now, delays.latching)
    : same(alarm);

/** The condition is no longer watched for. */
export const abandon = (alarm: Alarm, now: number): Result =>
  isActive(alarm.state)
    ? turn(alarm, 'clear', now, false)
    : same(alarm.turning === undefined ? alarm : { ...alarm, turning: undefined });

/** Where there is nothing to acknowledge nothing happens: two people may press the button. */
export const acknowledge = ({ latching }: Delays, alarm: Alarm, user: string): Result => {
  const state = advance(alarm.state, 'acknowledge', latching);
  return state === undefined ? same(alarm) : tell({ ...alarm, state, user }, 'acknowledged');
};

/** Hides an alarm from people until some wall time; it goes on watching. */
export const shelve = (alarm: Alarm, until: number, user: string): Result => {
  const { transitions, alarm: told } = tell(
    { ...alarm, state: alarm.told, shelvedUntil: until, user },
    'shelved',
  );
  return { alarm: { ...told, state: alarm.state }, transitions };
};

/**
 * Takes an alarm from the shelf, by hand or (blank user) because its time is up. One that is active has to be
 * acknowledged anew. What happened meanwhile is told now: a clearing before, so that nobody takes it for active once
 * more, a raise after.
 */
export const unshelve = (shelved: Alarm, user: string): Result => {
  if (shelved.shelvedUntil === undefined) return same(shelved);
  const alarm: Alarm = { ...shelved, shelvedUntil: undefined, user };
  if (!isActive(alarm.state)) {
    const cleared = alarm.announced ? tell({ ...alarm, user: '' }, 'cleared') : same(alarm);
    const back = tell({ ...cleared.alarm, user }, 'unshelved');
    return { alarm: back.alarm, transitions: [...cleared.transitions, ...back.transitions] };
  }
  if (alarm.announced) return tell({ ...alarm, state: 'unacknowledged' }, 'unshelved');
  const back = tell({ ...alarm, state: alarm.told }, 'unshelved');
  const raised = tell({ ...back.alarm, state: 'unacknowledged', user: '' }, 'raised');
  return { alarm: raised.alarm, transitions: [...back.transitions, ...raised.transitions] };
};
