import type { Batch } from './batch.ts';
import { due } from './due.ts';
import { accepted, advance, type Command } from './lifecycle.ts';
import { loaded, noted, type Memory, type Settings } from './memory.ts';
import { move, quiet, refuse, secondsOf, told, type Happening, type Result } from './moves.ts';
import { measured, type Measured } from './sensors.ts';

/** Who asks, and whether it is a replay: what a broker has kept is never a command. */
interface Asker {
  readonly user: string;
  readonly retained: boolean;
}
export type Input =
  | ({ readonly kind: 'receive'; readonly batch: Batch } & Asker)
  | ({
      readonly kind: 'command';
      readonly word: Exclude<Command, 'receive'>;
      /** the batch it is meant for; undefined: the one that is here */
      readonly id: string | undefined;
      /** it comes after the time it was meant for */
      readonly late: boolean;
    } & Asker)
  | { readonly kind: 'measured'; readonly news: readonly Measured[] }
  /** `outageMs`: how long the plant was away, Infinity where nobody knows; undefined: it was not */
  | { readonly kind: 'started'; readonly outageMs: number | undefined }
  | { readonly kind: 'tick' };

export interface Step {
  readonly memory: Memory;
  readonly happenings: readonly Happening[];
}

/** What is obeyed however late it comes: it stops something. */
const stops: readonly Command[] = ['hold', 'abort'];

const REPLAY = 'a retained message is a replay, not a command';

/** Takes a batch. One that is known already is no news: a message may come twice. */
const receive = (
  settings: Settings,
  memory: Memory,
  { batch, user, retained }: Input & { kind: 'receive' },
  now: number,
): Result => {
  const cause = { signal: 'receive', user } as const;
  const ended = memory.ended.find(({ Id }) => Id === batch.Id);
  if (ended || memory.batch?.Id === batch.Id) return told({ kind: 'repeated', memory, ended });
  if (retained) return refuse(memory, { ...cause, reason: REPLAY }, now);
  const meantFor = batch.Bioreactor?.Id ?? settings.reactorId;
  if (meantFor !== settings.reactorId)
    return refuse(memory, { ...cause, reason: `it is meant for ${meantFor}` }, now, batch);
  const to = advance(memory.state, 'receive', memory.used);
  if (!to) return refuse(memory, { ...cause, reason: `the reactor is ${memory.state}` }, now, batch);
  return move(settings, loaded(memory, batch, settings), to, cause, now);
};

/** Why the reactor is where a person has sent it, in the states where people ask. */
const doneBy: Readonly<Partial<Record<Command, string>>> = { hold: 'held', abort: 'aborted' };

const obey = (
  settings: Settings,
  memory: Memory,
  { word, id, late, user, retained }: Input & { kind: 'command' },
  now: number,
): Result => {
  const cause = { signal: word, user };
  const { state, batch, used } = memory;
  if (retained) return refuse(memory, { ...cause, reason: REPLAY }, now);
  if (id !== undefined && id !== batch?.Id) {
    const here = batch ? `${batch.Id} is here` : 'there is none here';
    return refuse(memory, { ...cause, reason: `${word} is for batch ${id}, but ${here}` }, now);
  }
  if (late && !stops.includes(word))
    return refuse(memory, { ...cause, reason: `${word} came too late: it was asked for some time ago` }, now);
  const to = advance(state, word, used);
  if (!to) {
    const legal = accepted(state).join(', ') || 'nothing';
    return refuse(memory, { ...cause, reason: `${word} means nothing in ${state}; it takes ${legal}` }, now);
  }
  if (to === state) return told({ kind: 'tested', ...noted(memory, { ...cause, at: now, from: state }) });
  const done = doneBy[word];
  const reason = done === undefined ? '' : `${done} by ${user === '' ? 'command' : user}`;
  return move(settings, memory, to, { ...cause, reason }, now);
};

/** Goes on after a restart as the policy says: a run holds or goes on, any batch may be given up. */
const restart = (settings: Settings, memory: Memory, outageMs: number | undefined, now: number): Result => {
  if (outageMs === undefined || !memory.batch) return told({ kind: 'restarted', memory, entry: undefined });
  const { shortOutageMs, afterShort, afterLong } = settings;
  const length = outageMs === Infinity ? 'an unknown time' : secondsOf(outageMs);
  const reason = `the plant was away for ${length}`;
  const signal = ({ resume: undefined, hold: 'hold', abort: 'give-up' } as const)[
    outageMs <= shortOutageMs ? afterShort : afterLong
  ];
  const to = signal && advance(memory.state, signal, memory.used);
  if (signal && to) return move(settings, memory, to, { signal, reason }, now);
  const written = noted(memory, { at: now, from: memory.state, signal: 'restart', reason });
  return told({ kind: 'restarted', ...written });
};

const act = (settings: Settings, memory: Memory, input: Input, now: number): Result => {
  switch (input.kind) {
    case 'receive':
      return receive(settings, memory, input, now);
    case 'command':
      return obey(settings, memory, input, now);
    case 'measured':
      return quiet({ ...memory, sensors: measured(memory.sensors, input.news) });
    case 'started':
      return restart(settings, memory, input.outageMs, now);
    case 'tick':
      return quiet(memory);
  }
};

/** Takes what comes, then does what is due. Nothing else is a reason for anything to happen. */
export const step = (settings: Settings, memory: Memory, input: Input, now: number): Step => {
  const happenings: Happening[] = [];
  const first = act(settings, memory, input, now);
  let current = first.memory;
  for (let next = first.happening ?? due(settings, current, now); next; next = due(settings, current, now)) {
    happenings.push(next);
    current = next.memory;
  }
  return { memory: current, happenings };
};
