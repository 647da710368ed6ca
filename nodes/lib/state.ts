import { mkdirSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Node, NodeAPI } from 'node-red';
import { guarded, onClose } from './node.ts';

/**
 * State that outlives a redeploy and a restart: one SQLite file in the data folder (WAL: what is written survives
 * `kill -9`), one row per node. Without a data folder, as in some tests, it lives in memory.
 */
const databases = new Map<string, DatabaseSync>();

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (path TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
`;

/** The state file of a data folder, opened once per process. */
export const stateDatabase = (folder: string | undefined): DatabaseSync => {
  const file = folder === undefined ? ':memory:' : join(folder, 'state.sqlite');
  const known = databases.get(file);
  if (known?.isOpen) return known;
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(file);
  if (folder !== undefined) chmodSync(file, 0o600);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;');
  database.exec(SCHEMA);
  databases.set(file, database);
  return database;
};

/** The place of one node in the state file. */
export interface StateSlot<T> {
  /** What was saved, or undefined where there is nothing, or nothing of this version that passes the check. */
  load(): T | undefined;
  /** Discrete changes: written at once. */
  save(state: T): void;
  /** Continuous changes: `read` is asked at most once a second, and when the node closes. */
  saveSoon(read: () => T): void;
}

const INTERVAL_MS = 1000;
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // damaged is as good as none: the node starts afresh
  }
};

/** Opens the slot of a node; it is flushed when the node closes and dropped when the node is removed for good. */
export const stateOf = <T>(
  RED: NodeAPI,
  node: Node,
  version: number,
  check: (state: unknown) => state is T,
): StateSlot<T> => {
  const folder: unknown = Reflect.get(RED.settings, 'userDir');
  const database = stateDatabase(typeof folder === 'string' ? folder : undefined);
  const path = String(Reflect.get(node, '_path') ?? node.id);
  const write = database.prepare('INSERT OR REPLACE INTO state (path, version, state) VALUES (?, ?, ?)');
  let waiting: (() => T) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const save = (state: T): void => {
    waiting = undefined;
    write.run(path, version, JSON.stringify(state));
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting) save(waiting());
  };
  const flushOrReport = guarded(node, flush);
  onClose(node, (removed) => {
    flushOrReport();
    if (removed) database.prepare('DELETE FROM state WHERE path = ?').run(path);
  });
  return {
    load() {
      const row = database.prepare('SELECT version, state FROM state WHERE path = ?').get(path);
      if (!row || row['version'] !== version) return undefined;
      const state = parsed(String(row['state']));
      return check(state) ? state : undefined;
    },
    save,
    saveSoon(read) {
      waiting = read;
      timer ??= setTimeout(flushOrReport, INTERVAL_MS);
    },
  };
};
