import type { Host } from '../lib/clock.ts';
import { machine } from '../lib/plant-clock.ts';
import type { Backend, Database, RecordStore } from '../lib/store.ts';
import { createWriter, limits as usualLimits, type Limits } from './batch-writer.ts';
import { createLink } from './link.ts';
import { openLater } from './outbox-later.ts';
import type { Backoff } from '../lib/retry.ts';
import { createUnderway } from './underway.ts';

export interface DatabaseOptions {
  /** for errors and the log: without a password */
  readonly name: string;
  readonly kind: Backend['kind'];
  readonly openBackend: () => Promise<Backend>;
  /** a folder of its own for the outbox, and how large that may grow: 1 GB */
  readonly outbox: { readonly folder: string; readonly maxBytes?: number; readonly segmentBytes?: number };
  /** resolves when who had the same database and outbox before has closed them */
  readonly after?: Promise<unknown> | undefined;
  /** what people should know: away, back again, samples given up */
  readonly report?: (sentence: string) => void;
  readonly limits?: Partial<Limits>;
  readonly retry?: Backoff;
  /** tests: the machine's clock and timers, and chance */
  readonly host?: Host;
  readonly chance?: () => number;
}

/**
 * A database that its owner can close: what waits is committed, or in the outbox, and documents on their way are stored
 * before the promise resolves, unless the database hangs.
 */
export interface OwnedDatabase extends Database {
  /** How large the outbox may grow from now on. */
  limitOutbox(bytes: number): void;
  /** Opens the back-end anew, for other options; the old one serves until then. */
  reopen(): void;
  close(): Promise<void>;
}

/** One try every few seconds costs nobody anything; after a long outage people wait for their data no longer than that. */
const RETRY: Backoff = { firstMs: 1000, maxMs: 5000 };
const SIZE_EVERY_MS = 30_000;
/** How long closing waits for documents on their way: a server that hangs takes them no more. */
const DOCUMENTS_MS = 3000;

/**
 * A database behind one writer with an outbox. It is there at once: as long as the back-end cannot be opened, samples
 * go to the outbox and reads reject with words.
 */
export const createDatabase = (options: DatabaseOptions): OwnedDatabase => {
  const { name, kind, host = machine, retry = RETRY, chance = Math.random, report = () => {} } = options;
  const outbox = openLater({ ...options.outbox, report, after: options.after });
  let size: number | undefined;
  let sizeAt = -Infinity;
  let isClosing = false;

  // What an earlier process has left in the outbox comes first, so nothing is written before that is known.
  const open = async (): Promise<Backend> => {
    await outbox.opened;
    return options.openBackend();
  };
  const writer = createWriter({
    name,
    history: () => link.backend()?.history,
    outbox,
    host,
    retry,
    chance,
    limits: { ...usualLimits, ...options.limits },
    renew: () => link.renew(),
    report,
  });
  const link = createLink({
    name,
    open,
    host,
    retry,
    chance,
    opened: () => writer.wake(),
    failed: (cause) => writer.away(cause.message),
  });

  const underway = createUnderway(host);
  const recordsOf = <T>(operate: (records: RecordStore) => Promise<T>): Promise<T> =>
    underway.run(async () => operate((await link.ready()).records));

  /** Asked for at most twice a minute, when somebody looks. */
  const refreshSize = (): void => {
    const backend = link.backend();
    if (!backend || isClosing || host.monotonic() - sizeAt < SIZE_EVERY_MS) return;
    sizeAt = host.monotonic();
    backend.size().then(
      (bytes) => (size = bytes),
      () => (size = undefined),
    );
  };

  return {
    name,
    history: {
      series: async (...args) => (await link.ready()).history.series(...args),
      read: async (...args) => (await link.ready()).history.read(...args),
      raw: async (...args) => (await link.ready()).history.raw(...args),
      last: async (...args) => (await link.ready()).history.last(...args),
      statistics: async (...args) => (await link.ready()).history.statistics(...args),
      retain: async (...args) => (await link.ready()).history.retain(...args),
      prune: async (...args) => (await link.ready()).history.prune(...args),
    },
    records: {
      put: (...args) => recordsOf((records) => records.put(...args)),
      get: (...args) => recordsOf((records) => records.get(...args)),
      list: (...args) => recordsOf((records) => records.list(...args)),
      update: (...args) => recordsOf((records) => records.update(...args)),
      reserve: (...args) => recordsOf((records) => records.reserve(...args)),
      remove: (...args) => recordsOf((records) => records.remove(...args)),
    },
    write: (samples) => writer.write(samples),
    facts() {
      refreshSize();
      const { awaySince, trouble, commitMs, rows, waiting } = writer.facts();
      const isAway = awaySince !== undefined;
      return {
        kind,
        connected: link.backend() !== undefined && !isAway,
        bytes: size,
        commitMs,
        rows,
        waiting,
        outbox: outbox.facts(),
        awayMs: isAway ? host.monotonic() - awaySince : 0,
        trouble: isAway ? trouble : outbox.trouble(),
      };
    },
    ...(kind === 'sqlite'
      ? {
          backup: async (file: string) => {
            const backend = await link.ready();
            if (!backend.backup) throw new Error(`${name} cannot be copied while it is in use`);
            await backend.backup(file);
          },
        }
      : {}),
    limitOutbox: (bytes) => outbox.limit(bytes),
    reopen() {
      // One that is being opened now has the old options still; one that cannot be is tried again anyway.
      link.ready().then(
        () => link.renew(),
        () => {},
      );
    },
    async close() {
      isClosing = true;
      const settled = underway.idle(DOCUMENTS_MS);
      await outbox.opened;
      await writer.close();
      await settled;
      await link.close();
      await outbox.close();
    },
  };
};
