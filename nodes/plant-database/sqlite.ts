import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, sql } from 'kysely';
import type { Backend, HistoryStore, RawRows, SeriesInfo, Written } from '../lib/store.ts';
import { buffersOf, createEncoder } from './columns.ts';
import { createReading, valueOf } from './history.ts';
import { createHousekeeping } from './housekeeping.ts';
import { migrate } from './migrations.ts';
import { createRecords } from './records.ts';
import { qualities, type Tables } from './schema.ts';
import { threadDialect } from './sqlite-dialect.ts';
import { createLink, type Link } from './sqlite-link.ts';
import type { RawColumns, RawPage } from './sqlite-worker.ts';
import { createTurns, type Turns } from '../lib/turns.ts';

export interface SqliteOptions {
  readonly file: string;
  /** FULL: samples also survive a power cut; NORMAL (the default): all but those of the last 5 s */
  readonly synchronous?: 'NORMAL' | 'FULL';
}

/**
 * Made here, so that nobody else can read it at any time; what SQLite puts beside it has the same rights. One that is
 * there is not opened: closing it would take away the locks that SQLite in this process has on it (POSIX), and another
 * process could delete the write-ahead log under it.
 */
const privateFile = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'ax', 0o600));
};

const PAGE_ROWS = 10_000;
const asRows = ({ times, values, qualities: ranks, texts }: RawColumns): RawRows => ({
  level: 'raw',
  timestamps: Array.from(times),
  values: Array.from(values, (value, row) =>
    valueOf(Number.isNaN(value) ? null : value, texts?.[row] ?? null),
  ),
  qualities: Array.from(ranks, (rank) => qualities[rank] ?? 'bad'),
});

const createWrite = (link: Link, turns: Turns): HistoryStore['write'] => {
  let encode = createEncoder();
  let started = 0;
  return async (samples) => {
    if (samples.length === 0) return { stored: 0, duplicates: 0 };
    const end = await turns.take();
    try {
      const start = link.start();
      // A new thread knows no names yet.
      if (start !== started) encode = createEncoder();
      started = start;
      const batch = encode(samples);
      return await link.call<Written>({ do: 'write', batch }, buffersOf(batch));
    } finally {
      end();
    }
  };
};

/** 256 pages are 1 MiB: some ms of the thread at a time. */
const FREED_PAGES = 256;
const reclaimWith = (db: Kysely<Tables>) => async (): Promise<void> => {
  const free = async (): Promise<number> => {
    const { rows } = await sql<{ freelist_count: number }>`pragma freelist_count`.execute(db);
    return rows[0]?.freelist_count ?? 0;
  };
  for (let left = await free(); left > 0;) {
    await sql`pragma incremental_vacuum(${sql.lit(FREED_PAGES)})`.execute(db);
    const now = await free();
    if (now >= left) break; // a file of another program, made without this
    left = now;
  }
  await sql`pragma wal_checkpoint(passive)`.execute(db);
};

/** SQLite in a file of its own, with one thread that writes and one that reads. */
export const openSqlite = async ({ file, synchronous = 'NORMAL' }: SqliteOptions): Promise<Backend> => {
  privateFile(file);
  const writing = createLink({ file, synchronous, role: 'write' });
  const reading = createLink({ file, synchronous, role: 'read' });
  const turns = createTurns();
  const writer = new Kysely<Tables>({ dialect: threadDialect(writing, turns) });
  const reader = new Kysely<Tables>({ dialect: threadDialect(reading, createTurns()) });
  const close = async (): Promise<void> => {
    const end = await turns.take();
    await Promise.all([writing.close(), reading.close()]);
    end();
  };
  try {
    await migrate(writer, 'sqlite');
  } catch (cause) {
    await close().catch(() => {}); // why it could not be opened says more
    throw cause;
  }
  const rawPage = async (page: RawPage): Promise<RawRows> =>
    asRows(await reading.call<RawColumns>({ do: 'raw', page }));
  const read = createReading({ reader, rawPage, pageRows: PAGE_ROWS });
  const all = (): Promise<SeriesInfo[]> => read.series(['#']);
  return {
    kind: 'sqlite',
    history: {
      ...read,
      ...createHousekeeping({
        writer,
        all,
        lock: async () => {}, // a transaction has the thread for itself
        reclaim: reclaimWith(writer),
        now: Date.now,
      }),
      write: createWrite(writing, turns),
    },
    records: createRecords(writer, 'sqlite', { reader }),
    async size() {
      const sizes = [file, `${file}-wal`].map((part) => statSync(part, { throwIfNoEntry: false })?.size ?? 0);
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    async backup(target) {
      const part = `${target}.part`;
      rmSync(part, { force: true });
      privateFile(part);
      // A thread of its own: it reads one state of the database from begin to end, while others read and write.
      const link = createLink({ file, synchronous, role: 'copy' });
      try {
        await link.call({ do: 'query', sql: 'VACUUM INTO ?', parameters: [part] });
        renameSync(part, target);
      } finally {
        rmSync(part, { force: true });
        await link.close();
      }
    },
    close,
  };
};
