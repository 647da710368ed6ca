import type { DatabaseSync } from 'node:sqlite';
import type { Node, NodeAPI } from 'node-red';
import type { HealthBoard } from './health.ts';
import { guarded, onClose } from './node.ts';
import { healthBoardOf } from './settings.ts';
import { stateFile, stateReport, type StateFile, type StateRow } from './state-file.ts';

/**
 * State that outlives a redeploy and a restart: one SQLite file in the data folder (WAL: what is written survives
 * `kill -9`), one row per node. Without a data folder, as in some tests, it lives in memory. Control never waits for
 * the file and never fails because of it: what cannot be written now is kept and written later.
 */
export const stateDatabase = (folder: string | undefined): DatabaseSync => stateFile(folder).database;

/** What is in a slot. `unreadable`: there was something, or may have been, that is damaged or of another version. */
export type Found<T> =
  { readonly kind: 'none' } | { readonly kind: 'unreadable' } | { readonly kind: 'state'; readonly state: T };

/** The place of one node in the state file. */
export interface StateSlot<T> {
  /** For who must not start afresh where something was lost. */
  look(): Found<T>;
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

/** The folders each health board tells of, and the files a warning was given for. */
const onBoard = new WeakMap<HealthBoard, Set<string | undefined>>();
const warned = new WeakSet<StateFile>();
const tell = (RED: NodeAPI, node: Node, folder: string | undefined, file: StateFile): void => {
  const board = healthBoardOf(RED);
  const folders = onBoard.get(board) ?? new Set();
  onBoard.set(board, folders);
  if (!folders.has(folder)) board.add('state', () => stateReport(folder));
  folders.add(folder);
  const { damaged, unopened } = file;
  if (warned.has(file)) return;
  warned.add(file);
  if (damaged !== undefined) node.warn(`state: the file could not be read and is kept as ${damaged}`);
  if (unopened !== undefined) node.warn(`state: the file cannot be opened (${unopened}); it lives in memory`);
};

/** Opens the slot of a node; it is flushed when the node closes and dropped when the node is removed for good. */
export const stateOf = <T>(
  RED: NodeAPI,
  node: Node,
  version: number,
  check: (state: unknown) => state is T,
): StateSlot<T> => {
  const userDir: unknown = Reflect.get(RED.settings, 'userDir');
  const folder = typeof userDir === 'string' ? userDir : undefined;
  const file = stateFile(folder);
  const { database, unsaved } = file;
  tell(RED, node, folder, file);
  const path = String(Reflect.get(node, '_path') ?? node.id);
  let waiting: (() => T) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const put = (row: StateRow): void => {
    const before = unsaved.reason;
    unsaved.put(path, row);
    if (before === undefined && unsaved.reason !== undefined)
      node.warn(`state: cannot be written (${unsaved.reason}); the newest is kept in memory until it can`);
  };
  const save = (state: T): void => {
    waiting = undefined;
    put({ version, state: JSON.stringify(state) });
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting) save(waiting());
  };
  const flushOrReport = guarded(node, flush);
  onClose(node, (removed) => {
    flushOrReport();
    if (removed) put(undefined);
  });
  const find = (): StateRow => {
    const kept = unsaved.kept(path);
    if (kept) return kept.value;
    const row = database.prepare('SELECT version, state FROM state WHERE path = ?').get(path);
    return row && { version: Number(row['version']), state: String(row['state']) };
  };
  const look = (): Found<T> => {
    let row: StateRow;
    try {
      row = find();
    } catch (cause) {
      node.warn(`state: cannot be read (${cause instanceof Error ? cause.message : String(cause)})`);
      return { kind: 'unreadable' };
    }
    if (!row) return { kind: (file.damaged ?? file.unopened) ? 'unreadable' : 'none' };
    const state = row.version === version ? parsed(row.state) : undefined;
    return check(state) ? { kind: 'state', state } : { kind: 'unreadable' };
  };
  return {
    look,
    load() {
      const found = look();
      return found.kind === 'state' ? found.state : undefined;
    },
    save,
    saveSoon(read) {
      waiting = read;
      timer ??= setTimeout(flushOrReport, INTERVAL_MS);
    },
  };
};
