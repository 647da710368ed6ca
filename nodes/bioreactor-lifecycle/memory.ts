import type { Batch } from './batch.ts';
import type { BatchStatus } from '../lib/batch-status.ts';
import { isOver, type Phase, type Signal, type State } from './lifecycle.ts';
import { wordsOf, type Sensors, type Words } from './sensors.ts';

/** What becomes of a batch after an outage. */
export type Resume = 'resume' | 'hold' | 'abort';
export interface Settings {
  readonly reactorId: string;
  /** what is measured, and has to be good in a run as far as the batch's recipe watches it */
  readonly quantities: readonly string[];
  /** Infinity: until somebody acts */
  readonly phaseMs: Readonly<Record<Phase, number>>;
  readonly measureMs: number;
  /** a quantity without a good measurement for so long is lost; Infinity: never */
  readonly staleMs: number;
  readonly onSensorLoss: 'hold' | 'fault' | 'continue';
  readonly shortOutageMs: number;
  readonly afterShort: Resume;
  readonly afterLong: Resume;
}

/** One line of the audit trail. */
export interface Entry {
  readonly seq: number;
  /** process time */
  readonly at: number;
  readonly batch: string | null;
  readonly from: State;
  readonly to: State;
  readonly signal: Signal | 'restart';
  readonly user: string;
  readonly reason: string;
  readonly refused: boolean;
}
/** A batch that is over, so that it is known when it comes once more. */
export interface Ended {
  readonly Id: string;
  readonly Email: string;
  readonly Status: BatchStatus;
}

/** A reactor and its batch. Times are ms of process time. */
export interface Memory {
  readonly state: State;
  readonly since: number;
  /** when the state ends by itself; Infinity: it does not */
  readonly until: number;
  readonly reason: string;
  readonly batch: Batch | undefined;
  readonly status: BatchStatus | undefined;
  /** something has been in the vessel since it was cleaned */
  readonly used: boolean;
  readonly runMs: number;
  /** what is left of the run, as of the last time it stood still */
  readonly leftMs: number;
  /** measurements that were asked for */
  readonly asked: number;
  /** how far into the run the next one is asked for */
  readonly askAtMs: number;
  readonly sensors: Sensors;
  /** silence before that does not count */
  readonly watchedFrom: number;
  /** how the sensors were when people were told last */
  readonly words: Words;
  readonly seq: number;
  /** the last lines of the audit trail */
  readonly entries: readonly Entry[];
  readonly ended: readonly Ended[];
}

const ENTRIES = 20;
const ENDED = 20;
const lastOf = <T>(list: readonly T[], item: T, most: number): readonly T[] => [...list, item].slice(-most);

/**
 * A reactor that nothing is known of. Its audit trail goes on from wall time in seconds, which is ahead of every number
 * a reactor of this name has used before, so that no line is taken for one that was told long ago.
 */
export const begin = (quantities: readonly string[], now: number, wallNow: number): Memory => ({
  state: 'idle',
  since: now,
  until: Infinity,
  reason: '',
  batch: undefined,
  status: undefined,
  used: false,
  runMs: 0,
  leftMs: 0,
  asked: 0,
  askAtMs: 0,
  sensors: {},
  watchedFrom: now,
  words: wordsOf({}, quantities, Infinity, now),
  seq: Math.floor(wallNow / 1000),
  entries: [],
  ended: [],
});

/** A batch has come, and nothing of it has been done. */
export const loaded = (memory: Memory, batch: Batch, { phaseMs }: Settings): Memory => {
  const { DurationSeconds } = batch.Recipe;
  const runMs = DurationSeconds === undefined ? phaseMs.run : Math.round(DurationSeconds * 1000);
  return { ...memory, batch, status: 'Ready to Start', runMs, leftMs: runMs, asked: 0, askAtMs: 0 };
};

/** The batch has left. */
export const emptied = (memory: Memory): Memory => {
  const { batch, status, ended } = memory;
  const list =
    batch && status && isOver(status)
      ? lastOf(ended, { Id: batch.Id, Email: batch.Email, Status: status }, ENDED)
      : ended;
  return { ...memory, batch: undefined, status: undefined, used: false, ended: list };
};

/** Adds a line to the audit trail. */
export const noted = (
  memory: Memory,
  line: Pick<Entry, 'at' | 'from' | 'signal'> & Partial<Pick<Entry, 'batch' | 'user' | 'reason' | 'refused'>>,
): { memory: Memory; entry: Entry } => {
  const seq = memory.seq + 1;
  const entry: Entry = {
    seq,
    batch: memory.batch?.Id ?? null,
    to: memory.state,
    user: '',
    reason: '',
    refused: false,
    ...line,
  };
  return { memory: { ...memory, seq, entries: lastOf(memory.entries, entry, ENTRIES) }, entry };
};

/** What is left of the run: time stands still for it while it is held. */
export const leftOf = ({ state, until, leftMs }: Memory, now: number): number =>
  state === 'running' ? Math.max(0, until - now) : leftMs;

/** When the next measurement is asked for; Infinity: not before something else happens. */
export const askAt = ({ state, until, runMs, askAtMs }: Memory): number =>
  state === 'running' && askAtMs < runMs ? until - runMs + askAtMs : Infinity;
