import type { Cancel } from '../lib/deadlines.ts';
import { isRecord } from '../lib/signal.ts';
import type { Document } from '../lib/store.ts';
import { backoffMs, type Backoff } from '../lib/retry.ts';

/** A document that is to be stored. It has its id, so storing it twice is storing it once. */
export type Kept = Pick<Document, 'collection' | 'id' | 'body'>;

export const isKeptList = (state: unknown): state is readonly Kept[] =>
  Array.isArray(state) &&
  state.every(
    (kept: unknown) =>
      isRecord(kept) &&
      typeof kept['collection'] === 'string' &&
      typeof kept['id'] === 'string' &&
      isRecord(kept['body']),
  );

export const MAX_DOCUMENTS = 1000;
/** All of them are written to the state file together. */
export const MAX_BYTES = 4_000_000;
const RETRY: Backoff = { firstMs: 1000, maxMs: 60_000 };
/** What the database has not answered after this time is put in the state file, and what comes then too. */
const LATE_MS = 2000;
/** In a storm the state file is written at most so often. */
const GROUP_MS = 250;

export interface KeptOptions {
  readonly put: (kept: Kept) => Promise<Document>;
  readonly isAway: (cause: unknown) => boolean;
  /** writes all that wait to the state file: at once, or within a second */
  readonly save: (all: readonly Kept[]) => void;
  readonly saveSoon: (all: () => readonly Kept[]) => void;
  readonly after: (ms: number, fire: () => void) => Cancel;
  /** 0 to 1 */
  readonly chance: () => number;
  /** how many wait for a database that is away; 0: it takes them */
  readonly waiting: (count: number) => void;
  /** The database refuses one whose message is complete already. */
  readonly refused: (kept: Kept, cause: unknown) => void;
}

/** Documents on their way to a database that may be away, in their order. */
export interface KeptDocuments {
  /**
   * Resolves when the document is stored or safe in the state file; rejects where the database refuses it. `stored`
   * is called when it is stored.
   */
  add(kept: Kept, stored: (document: Document) => void): Promise<void>;
  /** Stores what it can until the database is away or `end` is called; resolves with how many are left. */
  close(removed: boolean): Promise<number>;
  end(): void;
}

interface Entry {
  readonly kept: Kept;
  readonly bytes: number;
  readonly stored: (document: Document) => void;
  /** whose message is not complete yet */
  safe: PromiseWithResolvers<void> | undefined;
}

const entryOf = (kept: Kept, stored: Entry['stored'], safe: Entry['safe']): Entry => ({
  kept,
  bytes: JSON.stringify(kept).length,
  stored,
  safe,
});

export const createKept = (saved: readonly Kept[], options: KeptOptions): KeptDocuments => {
  const queue = saved.map((kept) => entryOf(kept, () => {}, undefined));
  let bytes = queue.reduce((sum, entry) => sum + entry.bytes, 0);
  /** something is in the state file */
  let isSaved = queue.length > 0;
  let isAway = isSaved;
  let failures = 0;
  let isRunning = false;
  let retry: Cancel | undefined;
  let group: Cancel | undefined;
  let phase: 'open' | 'closing' | 'removing' | 'closed' = 'open';
  const left = Promise.withResolvers<number>();

  const all = (): Kept[] => queue.map(({ kept }) => kept);
  const tell = (): void => options.waiting(isSaved || isAway ? queue.length : 0);
  const save = (): void => {
    options.save(all());
    isSaved = queue.length > 0;
    for (const entry of queue) {
      entry.safe?.resolve();
      entry.safe = undefined;
    }
  };
  /** The first one at once, those that follow closely together. */
  const makeSafe = (): void => {
    if (phase === 'removing' || group) return;
    save();
    if (phase === 'open')
      group = options.after(GROUP_MS, () => {
        group = undefined;
        if (queue.some(({ safe }) => safe)) makeSafe();
      });
  };
  const end = (): void => {
    if (phase === 'closed') return;
    if (phase !== 'removing' && (isSaved || queue.length > 0)) save();
    phase = 'closed';
    const lost = new Error('record-store: the node was removed before its document was stored');
    for (const { safe } of queue) safe?.reject(lost);
    left.resolve(queue.length);
  };

  const next = (): void => {
    const [first] = queue;
    if (isRunning || retry || phase === 'closed') return;
    if (!first) {
      if (phase !== 'open') end();
      return;
    }
    isRunning = true;
    const cancelLate = options.after(LATE_MS, () => {
      isAway = true;
      makeSafe();
      tell();
    });
    const settle = (finish: () => void): void => {
      isRunning = false;
      cancelLate();
      if (phase === 'closed') return; // what is in the state file may be another node's by now
      finish();
      next();
    };
    options.put(first.kept).then(
      (document) => settle(() => taken(first, document)),
      (cause: unknown) => settle(() => (options.isAway(cause) ? away() : refused(first, cause))),
    );
  };
  const leave = (entry: Entry): void => {
    queue.shift();
    bytes -= entry.bytes;
    failures = 0;
    isAway = false;
    if (isSaved && phase === 'open') {
      if (queue.length === 0) save();
      else options.saveSoon(all);
    }
    tell();
  };
  const taken = (entry: Entry, document: Document): void => {
    leave(entry);
    entry.stored(document);
    entry.safe?.resolve();
  };
  const refused = (entry: Entry, cause: unknown): void => {
    leave(entry);
    if (entry.safe) entry.safe.reject(cause);
    else options.refused(entry.kept, cause);
  };
  const away = (): void => {
    failures++;
    isAway = true;
    if (phase !== 'open') return end();
    retry = options.after(backoffMs(RETRY, failures, options.chance()), () => {
      retry = undefined;
      next();
    });
    if (queue.some(({ safe }) => safe)) makeSafe();
    tell();
  };

  tell();
  next();
  return {
    async add(kept, stored) {
      if (phase === 'closed') throw new Error('record-store: the node is closed');
      const safe = Promise.withResolvers<void>();
      const entry = entryOf(kept, stored, safe);
      if (queue.length >= MAX_DOCUMENTS)
        throw new Error(`record-store: ${MAX_DOCUMENTS} documents wait for the database already`);
      if (queue.length > 0 && bytes + entry.bytes > MAX_BYTES)
        throw new Error(`record-store: ${bytes} bytes of documents wait already, ${entry.bytes} more cannot`);
      queue.push(entry);
      bytes += entry.bytes;
      if (isAway || phase === 'closing') makeSafe();
      tell();
      next();
      return safe.promise;
    },
    close(removed) {
      phase = removed ? 'removing' : 'closing';
      group?.();
      group = undefined;
      const isWaiting = retry !== undefined;
      retry?.();
      retry = undefined;
      if (!removed && queue.length > 0) save();
      if (isWaiting) end();
      else next();
      return left.promise;
    },
    end,
  };
};
