/** The thread in which SQLite works: nothing it does delays the plant. One statement or one batch per message. */
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Written } from '../lib/store.ts';
import type { Batch } from './columns.ts';
import { words } from '../lib/retry.ts';
import { createBatchWriter } from './sqlite-batch.ts';

export interface WorkerOptions {
  readonly file: string;
  /** of samples; documents, such as the journal of the alarms, are on the disk before they are answered */
  readonly synchronous: 'NORMAL' | 'FULL';
  /** who only reads waits for nobody who writes; who copies reads as well, but writes another file */
  readonly role: 'write' | 'read' | 'copy';
}
export type Request =
  | { readonly do: 'query'; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly do: 'write'; readonly batch: Batch }
  | { readonly do: 'raw'; readonly page: RawPage }
  | { readonly do: 'close' };
export interface RawPage {
  readonly series: number;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** the newest ones, instead of the oldest */
  readonly newest: boolean;
}
export interface RawColumns {
  readonly times: Float64Array<ArrayBuffer>;
  /** NaN: no number */
  readonly values: Float64Array<ArrayBuffer>;
  readonly qualities: Uint8Array<ArrayBuffer>;
  readonly texts: readonly (string | null)[] | undefined;
}
export interface QueryAnswer {
  readonly rows: unknown[];
  readonly changes: number;
  readonly id: number;
}
export interface Answer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}

const { file, synchronous, role } = workerData as WorkerOptions;
const BUSY_MS = 5000;
const database = new DatabaseSync(file);
database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
if (role === 'read') database.exec('PRAGMA query_only = ON');
if (role === 'write')
  database.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -16000;
  `);
database.exec('PRAGMA synchronous = FULL');

let level: WorkerOptions['synchronous'] = 'FULL';
/** From the next transaction on: within one, SQLite does not let it be changed. */
const setLevel = (wanted: WorkerOptions['synchronous']): void => {
  if (level === wanted || database.isTransaction) return;
  database.exec(`PRAGMA synchronous = ${wanted}`);
  level = wanted;
};

/** A power cut takes no more than 5 s of samples: by itself SQLite would sync after some thousand of them. */
const SYNC_MS = 4000;
let syncing: NodeJS.Timeout | undefined;
let unsynced: unknown;
const syncLog = (): void => {
  syncing = undefined;
  try {
    const log = openSync(`${file}-wal`, 'r');
    try {
      fdatasyncSync(log);
    } finally {
      closeSync(log);
    }
  } catch (cause) {
    unsynced = cause; // the next batch is told, and then the outbox takes over
  }
};

const STATEMENTS = 200;
const statements = new Map<string, StatementSync>();
const prepared = (text: string): StatementSync => {
  const known = statements.get(text);
  if (known) return known;
  const statement = database.prepare(text);
  if (statements.size >= STATEMENTS) statements.clear();
  statements.set(text, statement);
  return statement;
};

const asInput = (value: unknown): SQLInputValue =>
  typeof value === 'boolean' ? (value ? 1 : 0) : ((value ?? null) as SQLInputValue);

const query = (text: string, parameters: readonly unknown[]): QueryAnswer => {
  setLevel('FULL');
  const statement = prepared(text);
  const inputs = parameters.map(asInput);
  if (/^\s*(select|with|pragma)|\breturning\b/i.test(text)) {
    const rows = statement.all(...inputs);
    return { rows, changes: rows.length, id: 0 };
  }
  const { changes, lastInsertRowid } = statement.run(...inputs);
  return { rows: [], changes: Number(changes), id: Number(lastInsertRowid) };
};

const raw = ({ series, from, to, limit, newest }: RawPage): RawColumns => {
  const statement = prepared(
    `SELECT time, value, text, quality FROM sample WHERE series = ? AND time >= ? AND time < ?
     ORDER BY time ${newest ? 'DESC' : 'ASC'} LIMIT ?`,
  );
  const times: number[] = [];
  const values: number[] = [];
  const qualities: number[] = [];
  let texts: (string | null)[] | undefined;
  for (const row of statement.iterate(series, from, to, limit)) {
    if (row['text'] !== null) (texts ??= times.map(() => null)).push(String(row['text']));
    else texts?.push(null);
    times.push(Number(row['time']));
    values.push(row['value'] === null ? NaN : Number(row['value']));
    qualities.push(Number(row['quality']));
  }
  if (newest) for (const column of [times, values, qualities, texts]) column?.reverse();
  return {
    times: Float64Array.from(times),
    values: Float64Array.from(values),
    qualities: Uint8Array.from(qualities),
    texts,
  };
};

const writeBatch = createBatchWriter(database, prepared);
const write = (batch: Batch): Written => {
  const cause = unsynced;
  unsynced = undefined;
  if (cause !== undefined) throw new Error(`disk I/O error: ${words(cause)}`, { cause });
  setLevel(synchronous);
  const written = writeBatch(batch);
  if (synchronous === 'NORMAL') syncing ??= setTimeout(syncLog, SYNC_MS);
  return written;
};

const answer = (request: Request): { result: unknown; transfer: ArrayBuffer[] } => {
  switch (request.do) {
    case 'query':
      return { result: query(request.sql, request.parameters), transfer: [] };
    case 'write':
      return { result: write(request.batch), transfer: [] };
    case 'raw': {
      const columns = raw(request.page);
      const { times, values, qualities } = columns;
      return { result: columns, transfer: [times.buffer, values.buffer, qualities.buffer] };
    }
    case 'close':
      clearTimeout(syncing);
      database.close();
      return { result: undefined, transfer: [] };
  }
};

parentPort?.on('message', ({ number, request }: { number: number; request: Request }) => {
  try {
    const { result, transfer } = answer(request);
    parentPort?.postMessage({ number, result } satisfies Answer, transfer);
  } catch (cause) {
    parentPort?.postMessage({ number, error: words(cause) } satisfies Answer);
  }
});
