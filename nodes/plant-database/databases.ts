import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../lib/store.ts';
import { openBackend, sqliteFile, type BackendOptions } from './backend.ts';
import { guardDisk } from './disk-guard.ts';
import { parseDatabaseUrl, withLogin, type DatabaseAddress, type Login } from './url.ts';
import { createDatabase, type DatabaseOptions, type OwnedDatabase } from './writer.ts';

export interface AcquireOptions extends Omit<BackendOptions, 'folder'> {
  /** as in DATABASE_URL; blank: the SQLite file in the data folder */
  readonly url: string;
  /** instead of the ones in the URL */
  readonly login?: Login;
  /** the data folder; without one, as in some tests, everything is gone when the last one has released it */
  readonly folder: string | undefined;
  /** how large its outbox may grow: the last one who says so counts, as for `synchronous` */
  readonly outboxBytes?: number;
  readonly report?: (sentence: string) => void;
  /** tests */
  readonly limits?: DatabaseOptions['limits'];
  readonly host?: DatabaseOptions['host'];
}
export interface Acquired {
  readonly database: Database;
  /** Once per acquirement. Resolves when nobody holds it any more and it is closed, or at once where somebody does. */
  readonly release: () => Promise<void>;
}

interface Shared {
  readonly database: OwnedDatabase;
  /** who signs in there */
  readonly login: string;
  synchronous: BackendOptions['synchronous'];
  readonly reports: Set<(sentence: string) => void>;
  readonly remove: () => void;
  /** ends the guard of its disk */
  readonly unguard: () => Promise<void>;
  holders: number;
}
const shared = new Map<string, Shared>();
/** What is being closed, by key. */
const closing = new Map<string, Promise<void>>();

/** However it is written, one place is one database: two writers with one outbox would be each other's ruin. */
const placeOf = (address: DatabaseAddress, folder = ''): string =>
  address.kind === 'sqlite' ? sqliteFile(address, folder) : address.name;
const loginOf = (address: DatabaseAddress): string =>
  address.kind === 'sqlite' ? '' : JSON.stringify([address.user, address.password, address.tls]);

const create = (key: string, address: DatabaseAddress, options: AcquireOptions): Shared => {
  const { outboxBytes, limits, host, synchronous } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'plant-database-'));
  const reports = new Set<(sentence: string) => void>();
  const tell = (sentence: string): void => {
    for (const report of reports) report(sentence);
  };
  const before = closing.get(key);
  const database = createDatabase({
    name: address.name,
    kind: address.kind,
    after: before,
    openBackend: () => openBackend(address, { ...options, synchronous: entry.synchronous, folder }),
    outbox: {
      folder: join(folder, 'outbox', address.name.replaceAll(/[^\w.-]+/g, '_')),
      ...(outboxBytes === undefined ? {} : { maxBytes: outboxBytes }),
    },
    report: tell,
    ...(limits ? { limits } : {}),
    ...(host ? { host } : {}),
  });
  const unguard =
    address.kind === 'sqlite'
      ? guardDisk(sqliteFile(address, folder), database.history.prune, tell)
      : async () => {};
  const remove = (): void => {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const login = loginOf(address);
  const entry: Shared = { database, login, synchronous, reports, remove, unguard, holders: 0 };
  return entry;
};

/**
 * The database of a URL: one per process, whoever asks for it, so that it has one writer and one outbox. It is closed
 * when the last one has released it: a deploy does not interrupt who holds it outside the flows. Throws where somebody
 * holds it as another user.
 */
export const acquireDatabase = (options: AcquireOptions): Acquired => {
  const address = withLogin(parseDatabaseUrl(options.url, 'url'), options.login);
  const key = JSON.stringify([options.folder, placeOf(address, options.folder)]);
  const entry = shared.get(key) ?? create(key, address, options);
  if (entry.login !== loginOf(address))
    throw new Error(
      `url: ${address.name} is in use with another user, password or tls; DATABASE_URL and every node must say the same`,
    );
  shared.set(key, entry);
  entry.holders++;
  const { report, synchronous, outboxBytes } = options;
  if (outboxBytes !== undefined) entry.database.limitOutbox(outboxBytes);
  if (synchronous !== undefined && synchronous !== (entry.synchronous ?? 'NORMAL')) {
    entry.synchronous = synchronous;
    entry.database.reopen();
  }
  if (report) entry.reports.add(report);
  let isHeld = true;
  return {
    database: entry.database,
    async release() {
      if (!isHeld) return;
      isHeld = false;
      if (report) entry.reports.delete(report);
      entry.holders--;
      if (entry.holders > 0) return;
      shared.delete(key);
      const close = async (): Promise<void> => {
        const unguarded = entry.unguard();
        await entry.database.close();
        await unguarded;
      };
      const closed = close().finally(() => {
        if (closing.get(key) === closed) closing.delete(key);
        entry.remove();
      });
      closing.set(key, closed);
      await closed;
    },
  };
};
