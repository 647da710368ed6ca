/**
 * The guard before an actuator: off unless there is a live, good command and every interlock allows it. Off is never
 * delayed. A command is leased, not obeyed for ever. Times are ms; `process` is the plant's time, `wall` the people's.
 */
import {
  isOn,
  take,
  trip,
  type Input,
  type Kept,
  type Memory,
  type Now,
  type Reason,
  type Settings,
  type Value,
} from './memory.ts';
import { phase, turn, type Cycle } from './proportion.ts';

export interface Result {
  readonly memory: Memory;
  /** the output has changed or its heartbeat is due */
  readonly send: boolean;
  /** the reason or the state has changed */
  readonly report: boolean;
  /** process time of the next step, whatever comes */
  readonly deadline: number;
  /** the same in wall time; Infinity: none */
  readonly wallDeadline: number;
}

const HOUR_MS = 3_600_000;
const dutyOf = (value: Value): number => (typeof value === 'number' ? value / 100 : value ? 1 : 0);

/** What holds the output off whatever the command is. */
const blockOf = (settings: Settings, memory: Memory, now: Now): Reason | undefined => {
  const { kept, startedAt, command, sampledAt } = memory;
  if (startedAt === undefined) return 'starting';
  if (kept.tripped !== '') return 'tripped';
  if (!kept.enabled) return 'disabled';
  if (now.process < startedAt + settings.holdOffMs) return 'hold-off';
  if (settings.goodSamples > 0) {
    if (sampledAt !== undefined && now.process >= sampledAt + settings.sampleStaleMs)
      return 'stale measurement';
    if (memory.goodSamples < settings.goodSamples) return 'waiting for good samples';
  }
  if (command === undefined) return 'no command';
  if (now.process >= memory.leaseUntil || now.wall >= memory.wallLeaseUntil)
    // Nobody asks for anything: that the last word was off is no longer of interest.
    return command === null || isOn(command) ? 'stale command' : 'no command';
  if (command === null) return 'bad command';
  return kept.exhausted && isOn(command) ? 'maximum on-time' : undefined;
};

/** What keeps an output that is off from going on just now. */
const delayOf = (settings: Settings, memory: Memory, now: number, othersOn: boolean): Reason | undefined => {
  const { switchedAt, kept, gapUntil } = memory;
  const first = kept.edges[kept.edges.length - settings.maxPerHour];
  if (now < switchedAt + settings.minOffMs) return 'minimum off-time';
  if (first !== undefined && now < first + HOUR_MS) return 'switching rate';
  return othersOn || now < gapUntil ? 'excluded' : undefined;
};

/** The memory once the longest on-time is over: a trip, or a pause until the command has gone off. */
const overrun = (settings: Settings, memory: Memory, now: number): Memory => {
  if (!memory.on || now < memory.switchedAt + settings.maxOnMs || !isOn(memory.command ?? false))
    return memory;
  if (settings.maxOnTrips) return trip(memory, 'maximum on-time');
  return memory.kept.exhausted ? memory : { ...memory, kept: { ...memory.kept, exhausted: true } };
};

interface Verdict {
  readonly on: boolean;
  readonly reason: Reason;
  readonly cycle: Cycle;
  /** when the pulse or gap of time proportioning ends */
  readonly until: number;
}
const judge = (settings: Settings, memory: Memory, now: Now, othersOn: boolean): Verdict => {
  const { cycleMs, minOffMs } = settings;
  const block = blockOf(settings, memory, now);
  if (block !== undefined) return { on: false, reason: block, cycle: memory.cycle, until: Infinity };
  const command = memory.command ?? false;
  const cycle =
    cycleMs > 0 ? turn(memory.cycle, dutyOf(command), now.process, cycleMs, minOffMs) : memory.cycle;
  const pulse = cycle.duty > 0 ? phase(cycle, now.process, cycleMs) : undefined;
  const wanted = isOn(command) && (pulse?.on ?? true);
  const delay = wanted && !memory.on ? delayOf(settings, memory, now.process, othersOn) : undefined;
  return {
    on: wanted && delay === undefined,
    reason: delay ?? 'command',
    cycle,
    until: pulse?.until ?? Infinity,
  };
};

/** The value that goes out; off is said in the kind of the command: 0 to a number, false to a boolean. */
const valueOf = ({ cycleMs }: Settings, { command, applied }: Memory, on: boolean): Value => {
  if (cycleMs > 0) return on;
  const value = command ?? applied;
  return on ? value : typeof value === 'number' ? 0 : false;
};

/** One step of the guard: one input, and whether another member of its exclusion group is on. */
export const step = (
  settings: Settings,
  before: Memory,
  input: Input,
  now: Now,
  othersOn: boolean,
): Result => {
  const time = now.process;
  const memory = overrun(settings, take(settings, before, input, now), time);
  const { on, reason, cycle, until } = judge(settings, memory, now, othersOn);
  const applied = valueOf(settings, memory, on);
  const switched = on !== memory.on;
  const report =
    switched || reason !== before.reason || isOn(memory.command ?? false) !== isOn(before.command ?? false);
  const send =
    memory.startedAt !== undefined &&
    (applied !== memory.applied || input.kind === 'start' || time >= memory.sentAt + settings.heartbeatMs);
  const after = {
    ...memory,
    kept: switched && on ? withEdge(settings, memory.kept, time) : memory.kept,
    cycle,
    on,
    applied,
    reason,
    switchedAt: switched ? time : memory.switchedAt,
    since: report ? time : memory.since,
    sentAt: send ? time : memory.sentAt,
  };
  return {
    memory: after,
    send,
    report,
    deadline: deadlineOf(settings, after, time, until),
    wallDeadline: after.wallLeaseUntil > now.wall ? after.wallLeaseUntil : Infinity,
  };
};

const withEdge = ({ maxPerHour }: Settings, kept: Kept, now: number): Kept =>
  maxPerHour === Infinity ? kept : { ...kept, edges: [...kept.edges, now].slice(-maxPerHour) };

/** The next time at which something may change by itself. */
const deadlineOf = (settings: Settings, memory: Memory, now: number, pulseUntil: number): number => {
  const { startedAt, sampledAt, switchedAt, kept, on } = memory;
  if (startedAt === undefined) return Infinity;
  let next = Infinity;
  const soon = (time: number): void => {
    if (time > now && time < next) next = time;
  };
  soon(memory.sentAt + settings.heartbeatMs);
  soon(startedAt + settings.holdOffMs);
  soon(memory.leaseUntil);
  soon(pulseUntil);
  soon(memory.gapUntil);
  if (sampledAt !== undefined) soon(sampledAt + settings.sampleStaleMs);
  if (on) soon(switchedAt + settings.maxOnMs);
  else soon(switchedAt + settings.minOffMs);
  const first = kept.edges[kept.edges.length - settings.maxPerHour];
  if (!on && first !== undefined) soon(first + HOUR_MS);
  return next;
};
