import { chmodSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Report } from './health.ts';
import { inTransaction } from './transaction.ts';
import { createUnsaved, type Unsaved } from './unsaved.ts';

/** One row of the state file; undefined: there is none any more. */
export type StateRow = { readonly version: number; readonly state: string } | undefined;

export interface StateFile {
  readonly database: DatabaseSync;
  readonly unsaved: Unsaved<StateRow>;
  /** the name under which a file that could not be read has been put aside */
  readonly damaged: string | undefined;
  /** why state lives in memory although there is a folder */
  readonly unopened: string | undefined;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (path TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
`;
/** Control waits for no lock; only the start may. */
const START_WAITS_MS = 2000;
const CONTROL_WAITS_MS = 20;
const RETRY_MS = 1000;

const open = (file: string): DatabaseSync => {
  if (statSync(file, { throwIfNoEntry: false })?.size === 0) throw new Damage('it is empty');
  const database = new DatabaseSync(file);
  try {
    if (file !== ':memory:') chmodSync(file, 0o600);
    database.exec(
      `PRAGMA busy_timeout = ${START_WAITS_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;`,
    );
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw new Damage(String(check));
    database.exec(SCHEMA);
    database.exec(`PRAGMA busy_timeout = ${CONTROL_WAITS_MS};`);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
};

/** Writes all or nothing, on the disk when it returns: unlike the rest of the file it outlives a power cut as well. */
export const durably = <T>(database: DatabaseSync, write: () => T): T => {
  database.exec('PRAGMA synchronous = FULL');
  try {
    return inTransaction(database, write);
  } finally {
    database.exec('PRAGMA synchronous = NORMAL');
  }
};

/** What says that the content is no good: SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR_SHORT_READ. */
const DAMAGED = [11, 26, 522];
class Damage extends Error {}
const isDamage = (cause: unknown): boolean => {
  const code = Number(Reflect.get(Object(cause), 'errcode'));
  return cause instanceof Damage || DAMAGED.includes(code) || DAMAGED.includes(code & 0xff);
};

/** A file that cannot be read is kept under another name: the plant starts afresh, which is safe. */
const putAside = (file: string): string => {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return basename(aside);
};

type Opened = Pick<StateFile, 'database' | 'damaged' | 'unopened'>;

/** Control starts whatever has become of the file: without it, state lives in memory until the next start. */
const openAnyway = (file: string): Opened => {
  let damaged: string | undefined;
  try {
    try {
      return { database: open(file), damaged, unopened: undefined };
    } catch (cause) {
      if (!isDamage(cause)) throw cause;
      damaged = putAside(file);
      return { database: open(file), damaged, unopened: undefined };
    }
  } catch (cause) {
    const unopened = cause instanceof Error ? cause.message : String(cause);
    return { database: open(':memory:'), damaged, unopened };
  }
};

const files = new Map<string, StateFile>();
const nameOf = (folder: string | undefined): string =>
  folder === undefined ? ':memory:' : join(folder, 'state.sqlite');

/** The state file of a data folder, opened once per process; without a folder it lives in memory. */
export const stateFile = (folder: string | undefined): StateFile => {
  const name = nameOf(folder);
  const known = files.get(name);
  if (known?.database.isOpen) return known;
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const opened = openAnyway(name);
  const { database } = opened;
  const put = database.prepare('INSERT OR REPLACE INTO state (path, version, state) VALUES (?, ?, ?)');
  const drop = database.prepare('DELETE FROM state WHERE path = ?');
  const unsaved = createUnsaved<StateRow>(
    (path, row) => {
      if (row) put.run(path, row.version, row.state);
      else drop.run(path);
    },
    (retry) => {
      setTimeout(() => {
        if (database.isOpen) retry();
      }, RETRY_MS).unref();
    },
  );
  const file = { ...opened, unsaved };
  files.set(name, file);
  return file;
};

/** How the state file of a folder is, for the health board. */
export const stateReport = (folder: string | undefined): Report => {
  const { unsaved, damaged, unopened } = files.get(nameOf(folder)) ?? {};
  const troubles = [];
  if (unopened !== undefined) troubles.push(`cannot be opened, so it is lost at the next stop: ${unopened}`);
  if (unsaved?.reason !== undefined) troubles.push(`cannot be written: ${unsaved.reason}`);
  return {
    troubles,
    facts: { waiting: unsaved?.size ?? 0, ...(damaged === undefined ? {} : { putAside: damaged }) },
  };
};
