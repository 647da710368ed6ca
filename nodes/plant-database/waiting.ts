import type { Sample } from '../lib/store.ts';

/** One call of `write`: done when all its samples are. */
interface Job {
  readonly samples: readonly Sample[];
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
  /** samples that are not in a batch yet begin here */
  next: number;
  /** samples that are not settled */
  open: number;
}

/** Samples that go to the database, or to the outbox, in one piece. */
export interface Batch {
  readonly samples: readonly Sample[];
  /** when the oldest of them came */
  readonly since: number;
  /** They are safe. Only the first word counts. */
  stored(): void;
  lost(cause: Error): void;
}

/** Samples in memory in the order in which they came. */
export interface Waiting {
  add(samples: readonly Sample[], now: number): Promise<void>;
  /** At most so many, undefined where there are none. */
  take(limit: number): Batch | undefined;
  /** samples that are not settled, also those in batches, and about how much memory they take */
  rows(): number;
  bytes(): number;
  /** samples that are in no batch, and when the oldest of them came: Infinity where there are none */
  queued(): number;
  since(): number;
}

const ROW_BYTES = 200;
const bytesOf = (samples: readonly Sample[], from: number, to: number): number => {
  let bytes = (to - from) * ROW_BYTES;
  for (let at = from; at < to; at++) {
    const value = samples[at]?.value;
    if (typeof value === 'string') bytes += 2 * value.length;
  }
  return bytes;
};

export const createWaiting = (): Waiting => {
  let jobs: (Job | undefined)[] = [];
  /** jobs before this one are in batches, and let go of here */
  let head = 0;
  let [rows, bytes, queued] = [0, 0, 0];

  const batchOf = (samples: readonly Sample[], parts: readonly (readonly [Job, number])[]): Batch => {
    let isOpen = true;
    const settle = (cause: Error | undefined): void => {
      if (!isOpen) return;
      isOpen = false;
      rows -= samples.length;
      bytes -= bytesOf(samples, 0, samples.length);
      for (const [job, count] of parts) {
        job.open -= count;
        if (cause) job.reject(cause);
        else if (job.open === 0) job.resolve();
      }
    };
    return {
      samples,
      since: parts[0]?.[0].since ?? 0,
      stored: () => settle(undefined),
      lost: (cause) => settle(cause),
    };
  };

  return {
    add(samples, now) {
      if (samples.length === 0) return Promise.resolve();
      rows += samples.length;
      queued += samples.length;
      bytes += bytesOf(samples, 0, samples.length);
      return new Promise((resolve, reject) => {
        jobs.push({ samples, since: now, resolve, reject, next: 0, open: samples.length });
      });
    },
    take(limit) {
      const parts: [Job, number][] = [];
      let count = 0;
      for (let job = jobs[head]; job && count < limit; job = jobs[head]) {
        const part = Math.min(job.samples.length - job.next, limit - count);
        parts.push([job, part]);
        count += part;
        job.next += part;
        if (job.next === job.samples.length) jobs[head++] = undefined;
      }
      const [first] = parts;
      if (!first) return undefined;
      queued -= count;
      const [job] = first;
      // A batch of one whole call is taken as it is.
      const alone = parts.length === 1 && count === job.samples.length;
      const samples = alone
        ? job.samples
        : parts.flatMap(([{ samples: all, next }, part]) => all.slice(next - part, next));
      if (head > 1000 && head * 2 > jobs.length) {
        jobs = jobs.slice(head);
        head = 0;
      }
      return batchOf(samples, parts);
    },
    rows: () => rows,
    bytes: () => bytes,
    queued: () => queued,
    since: () => jobs[head]?.since ?? Infinity,
  };
};
