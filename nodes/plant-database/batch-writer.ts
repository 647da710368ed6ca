import type { Host } from '../lib/clock.ts';
import type { HistoryStore, Sample, Written } from '../lib/store.ts';
import type { Outbox, Portion } from './outbox.ts';
import { backoffMs, isAway, words, type Backoff } from '../lib/retry.ts';
import { sift } from './sift.ts';
import { createWaiting, type Batch } from './waiting.ts';

/**
 * The one writer of a database. Samples wait at most `groupMs` and are written in batches, one at a time; a call of
 * `write` resolves when the database has committed it. What the database does not take in time goes to the outbox, and
 * while anything is there the database gets that first: the order in which samples came is the order in which they are
 * written. The database may see a sample twice (after a late commit, a kill, a power cut); it ignores the second one.
 */
export interface Writer {
  write(samples: readonly Sample[]): Promise<void>;
  /** There is a connection (again): tries at once. */
  wake(): void;
  /** There is none, and why. */
  away(sentence: string): void;
  facts(): WriterFacts;
  /** Waits until everything is committed or in the outbox. */
  close(): Promise<void>;
}
export interface WriterFacts {
  /** since when the database has not taken anything, ms on the monotonic clock; undefined while it does */
  readonly awaySince: number | undefined;
  /** what it said last when it did not take something */
  readonly trouble: string | undefined;
  readonly commitMs: number;
  readonly rows: number;
  readonly waiting: number;
}

export interface Limits {
  /** samples in one transaction, and how long the first of them waits for others */
  readonly batchRows: number;
  readonly groupMs: number;
  /** what is not committed after this time goes to the outbox */
  readonly slowMs: number;
  /** the same while the outbox is being drained: whoever waits for each answer must not outrun the drain */
  readonly drainMs: number;
  /** a write without an answer for so long is given up and the connection replaced */
  readonly hungMs: number;
  /** what may wait in memory; half of it is what waits for the database rather than go to the outbox */
  readonly maxRows: number;
  readonly maxBytes: number;
}
export const limits: Limits = {
  batchRows: 1000,
  groupMs: 20,
  slowMs: 2000,
  drainMs: 1000,
  hungMs: 60_000,
  maxRows: 50_000,
  maxBytes: 64 * 1024 * 1024,
};

export interface WriterOptions {
  readonly name: string;
  /** undefined as long as there is no connection */
  readonly history: () => Pick<HistoryStore, 'write'> | undefined;
  readonly outbox: Omit<Outbox, 'limit'>;
  readonly host: Host;
  readonly retry: Backoff;
  readonly chance: () => number;
  readonly limits: Limits;
  /** asks for a new connection */
  readonly renew: () => void;
  readonly report: (sentence: string) => void;
}

type Store = Pick<HistoryStore, 'write'>;
/** Something under way in the database. */
interface Operation {
  readonly begun: number;
  /** what it writes comes from memory, not from the outbox */
  readonly batch: Batch | undefined;
  portion: Portion | undefined;
  isLate: boolean;
}
/** Failures in a row after which another connection may do better. */
const RENEW_AFTER = 5;
/** Refusals in a row after which the refused portion is tried by halves, and then up to so many times as much. */
const SIFT_AFTER = 2;
const WIDEST = 16;
const TOLD_REFUSALS = 10;

export const createWriter = (options: WriterOptions): Writer => {
  const { name, outbox, host, limits: limit, report } = options;
  const waiting = createWaiting();
  /** batches that the database did not take in time, older than what waits */
  const overdue: Batch[] = [];
  let operation: Operation | undefined;
  let isSpilling = false;
  let isClosing = false;
  let isClosed = false;
  let failures = 0;
  /** how often in a row it has refused what the outbox has first, and how much more of it is tried therefore */
  let refusals = 0;
  let width = 1;
  let nextTry = -Infinity;
  let awaySince: number | undefined;
  let trouble: string | undefined;
  let commitMs = 0;
  let rows = 0;
  let cancel = (): void => {};
  let emptied = (): void => {};

  const kept = (): number => outbox.facts().rows;
  const isAwayNow = (): boolean => awaySince !== undefined;
  const takes = (): void => {
    if (isAwayNow()) report(`${name} takes samples again`);
    failures = 0;
    awaySince = undefined;
    nextTry = -Infinity;
  };
  const away = (sentence: string): void => {
    if (!isAwayNow()) report(`${sentence}; samples go to the outbox`);
    awaySince ??= host.monotonic();
    trouble = sentence;
  };
  const failed = (cause: unknown): void => {
    failures++;
    nextTry = host.monotonic() + backoffMs(options.retry, failures, options.chance());
    away(`${name} did not take samples: ${words(cause)}`);
    if (failures % RENEW_AFTER === 0) options.renew();
  };

  /** Runs one thing in the database; what it answers after it was given up counts no more. */
  const operate = (
    batch: Batch | undefined,
    run: (mine: Operation) => Promise<number>,
    finish: (cause: unknown, mine: Operation) => void,
  ): void => {
    const mine: Operation = { batch, portion: undefined, begun: host.monotonic(), isLate: false };
    operation = mine;
    const settle = (cause: unknown): void => {
      if (operation !== mine) return;
      operation = undefined;
      if (cause === undefined) takes();
      else failed(cause);
      finish(cause, mine);
      step();
    };
    run(mine).then(
      (count) => {
        rows += count;
        settle(undefined);
      },
      (cause: unknown) => settle(cause ?? new Error('it gave no reason')),
    );
  };
  const commit = async (history: Store, samples: readonly Sample[]): Promise<Written> => {
    const begun = host.monotonic();
    const written = await history.write(samples);
    commitMs = host.monotonic() - begun;
    return written;
  };

  const writeLive = (history: Store): void => {
    const batch = overdue.shift() ?? waiting.take(limit.batchRows);
    if (!batch) return;
    operate(
      batch,
      async () => (await commit(history, batch.samples)).stored,
      (cause, { isLate }) => {
        if (cause === undefined) settleOverdue(batch);
        else if (!isLate) overdue.unshift(batch); // a late one is on its way to the outbox already
      },
    );
  };
  const settleOverdue = (batch: Batch): void => {
    batch.stored();
    const at = overdue.indexOf(batch);
    if (at >= 0) overdue.splice(at, 1);
  };

  /** Gives the database what the outbox has first. */
  const drain = (history: Store): void =>
    operate(
      undefined,
      async (mine) => {
        const portion = await outbox.take(limit.batchRows * width);
        if (!portion) return 0;
        mine.portion = portion;
        const { samples } = portion;
        const { stored, refused } =
          refusals < SIFT_AFTER
            ? { stored: (await commit(history, samples)).stored, refused: [] }
            : await sift((part) => commit(history, part), samples);
        if (operation !== mine) return stored;
        for (const { sample, cause } of refused.slice(0, TOLD_REFUSALS))
          report(`${name} refuses ${sample.series} of ${sample.timestamp} for ever: ${words(cause)}`);
        if (refused.length > 0) report(`${name}: ${refused.length} samples are given up`);
        mine.portion = undefined;
        await portion.done(refused.length);
        return stored;
      },
      (cause, { portion }) => {
        portion?.back();
        if (cause === undefined) {
          refusals = 0;
          width = 1;
        } else if (!isAway(cause) && ++refusals > SIFT_AFTER) width = Math.min(width * 2, WIDEST);
      },
    );

  /** Puts the oldest that is due in the outbox. */
  const spill = (): void => {
    const batch = overdue.shift() ?? waiting.take(limit.batchRows);
    if (!batch) return;
    isSpilling = true;
    const finish = (cause?: unknown): void => {
      isSpilling = false;
      if (cause === undefined) batch.stored();
      else batch.lost(new Error(`${trouble ?? `${name} is slow`}; ${words(cause)}`, { cause }));
      step();
    };
    outbox.append(batch.samples).then(() => finish(), finish);
  };

  /** How long a sample may wait in memory for the database. */
  const patience = (): number => (kept() > 0 || isSpilling ? limit.drainMs : limit.slowMs);
  const isDue = (after: number, now: number): boolean =>
    waiting.queued() > 0 && (now - waiting.since() >= after || isClosing);
  const mustSpill = (now: number): boolean => {
    if (overdue.length > 0) return true;
    if (isAwayNow()) return isDue(limit.groupMs, now) || waiting.queued() >= limit.batchRows;
    const isFull = waiting.rows() > limit.maxRows / 2 || waiting.bytes() > limit.maxBytes / 2;
    return isDue(patience(), now) || (isFull && waiting.queued() > 0);
  };

  /** Looks after what is under way: late is not away, but others no longer wait for it. */
  const watch = (now: number): void => {
    if (!operation) return;
    const took = now - operation.begun;
    if (took >= limit.slowMs && !operation.isLate) {
      operation.isLate = true;
      away(`${name} has not answered for ${limit.slowMs / 1000} s`);
      if (operation.batch) overdue.push(operation.batch);
    }
    if (took < limit.hungMs) return;
    operation.portion?.back();
    operation = undefined;
    failed(new Error(`no answer for ${limit.hungMs / 1000} s`));
    options.renew();
  };

  /** Does whatever can be done now, and comes back when something else can. */
  const step = (): void => {
    if (isClosed) return;
    const now = host.monotonic();
    watch(now);
    const history = options.history();
    if (!operation && history && now >= nextTry) {
      if (kept() > 0) {
        if (!isClosing) drain(history);
      } else if (!isSpilling) {
        const isFull = waiting.queued() >= limit.batchRows;
        if (overdue.length > 0 || isFull || isDue(limit.groupMs, now)) writeLive(history);
      }
    }
    if (!isSpilling && mustSpill(now)) spill();
    if (waiting.rows() === 0 && !isSpilling && (!operation || operation.isLate)) emptied();
    plan(now, history !== undefined);
  };
  /** The next time at which something can be done that no answer brings. */
  const plan = (now: number, isOpen: boolean): void => {
    const due: number[] = [];
    if (operation) due.push(operation.begun + (operation.isLate ? limit.hungMs : limit.slowMs));
    else if (isOpen && isAwayNow() && (kept() > 0 || overdue.length > 0)) due.push(nextTry);
    if (waiting.queued() > 0) {
      if (!operation && isOpen && !isSpilling) due.push(Math.max(waiting.since() + limit.groupMs, nextTry));
      if (!isSpilling) due.push(waiting.since() + (isAwayNow() ? limit.groupMs : patience()));
    }
    cancel();
    const next = Math.min(...due);
    cancel = next === Infinity ? () => {} : host.timer(Math.max(next - now, 0), step);
  };

  return {
    async write(samples) {
      if (isClosing) throw new Error(`${name} is closed`);
      const isFull = waiting.rows() + samples.length > limit.maxRows || waiting.bytes() >= limit.maxBytes;
      if (isFull && waiting.rows() > 0)
        throw new Error(
          `${trouble ?? `${name} is slow`}; ${waiting.rows()} samples wait already, ${samples.length} more cannot`,
        );
      const isFirst = waiting.queued() === 0;
      const stored = waiting.add(samples, host.monotonic());
      const isBatch = waiting.queued() >= limit.batchRows && (!operation || isAwayNow());
      if (isFirst || isBatch || waiting.rows() > limit.maxRows / 2) step();
      return stored;
    },
    wake() {
      nextTry = -Infinity;
      if (kept() === 0 && overdue.length === 0 && !operation) takes();
      step();
    },
    away(sentence) {
      away(sentence);
      step();
    },
    facts: () => ({ awaySince, trouble, commitMs, rows, waiting: waiting.rows() }),
    async close() {
      isClosing = true;
      const empty = new Promise<void>((resolve) => (emptied = resolve));
      step();
      await empty;
      isClosed = true;
      operation = undefined;
      cancel();
    },
  };
};
