import type { Kysely, Transaction } from 'kysely';
import type { HistoryStore, Written } from '../lib/store.ts';
import { createEncoder, type Batch, type Origin, type SeriesKey } from './columns.ts';
import { changesOf, type Bucket, type SeriesChange } from './rollup.ts';
import type { Tables } from './schema.ts';

export type Open = Transaction<Tables>;

/** What the servers' dialects of SQL do not have in common; each is one statement for many rows. */
export interface ServerWords {
  /** Inserts what is not there yet. */
  readonly addSeries: (db: Kysely<Tables>, keys: readonly SeriesKey[]) => Promise<void>;
  readonly addOrigins: (db: Kysely<Tables>, origins: readonly Origin[]) => Promise<void>;
  /** Which of the rows are stored already. */
  readonly stored: (
    open: Open,
    batch: Batch,
    rows: readonly number[],
  ) => Promise<readonly { readonly series: number; readonly time: number }[]>;
  readonly insert: (open: Open, batch: Batch, rows: readonly number[]) => Promise<void>;
  readonly addBuckets: (open: Open, table: 'minute' | 'hour', buckets: readonly Bucket[]) => Promise<void>;
  readonly change: (open: Open, changes: readonly SeriesChange[]) => Promise<void>;
  /** Whether the server gave up one of two transactions that waited for each other. */
  readonly isDeadlock: (cause: unknown) => boolean;
}

/** The numbers that the database gives to the keys of a list; each is asked for once. */
const createNumbers = <T>(
  nameOf: (key: T) => string,
  ask: (keys: readonly T[]) => Promise<ReadonlyMap<string, number>>,
) => {
  const keys: T[] = [];
  const numbers: (number | undefined)[] = [];
  return {
    add: (fresh: readonly T[]): void => void keys.push(...fresh),
    forget: (): void => void (numbers.length = 0),
    async of(places: Int32Array): Promise<Int32Array<ArrayBuffer>> {
      const unknown = [...new Set(places)].filter((place) => numbers[place] === undefined);
      if (unknown.length > 0) {
        const found = await ask(unknown.map((place) => keys[place] as T));
        for (const place of unknown) {
          const name = nameOf(keys[place] as T);
          const number = found.get(name);
          if (number === undefined) throw new Error(`no number for ${name}`);
          numbers[place] = number;
        }
      }
      return Int32Array.from(places, (place) => numbers[place] ?? 0);
    },
  };
};

const seriesName = ({ name, timeline }: { name: string; timeline: string }): string => `${timeline} ${name}`;
const originName = ({ source, unit }: { source: string; unit: string }): string => `${source} ${unit}`;
const rowName = (series: number, time: number): string => `${series} ${time}`;

/** Somebody has taken away series that we knew. */
class Lost extends Error {}
const ATTEMPTS = 5;

/**
 * Writes a batch with its rollups in one transaction. It locks the series it writes, in one order, before anything else:
 * so what two processes write to one series comes one after the other, and neither waits for the other in a ring.
 */
export const createServerWrite = (db: Kysely<Tables>, words: ServerWords): HistoryStore['write'] => {
  const encode = createEncoder();
  const series = createNumbers<SeriesKey>(seriesName, async (keys) => {
    await words.addSeries(
      db,
      keys.toSorted((a, b) => (seriesName(a) < seriesName(b) ? -1 : 1)),
    );
    const names = keys.map(({ name }) => name);
    const rows = await db
      .selectFrom('series')
      .select(['id', 'name', 'timeline'])
      .where('name', 'in', names)
      .execute();
    return new Map(rows.map((row) => [seriesName(row), row.id]));
  });
  const origins = createNumbers<Origin>(originName, async (keys) => {
    await words.addOrigins(db, keys);
    const rows = await db.selectFrom('origin').select(['id', 'source', 'unit']).execute();
    return new Map(rows.map((row) => [originName(row), row.id]));
  });

  /** The newest time of each series, which nobody changes until the transaction ends. */
  const lock = async (open: Open, ids: readonly number[]): Promise<ReadonlyMap<number, number>> => {
    const rows = await open
      .selectFrom('series')
      .select(['id', 'last'])
      .where('id', 'in', ids)
      .orderBy('id')
      .forUpdate()
      .execute();
    if (rows.length < ids.length) throw new Lost('series are gone');
    return new Map(rows.map(({ id, last }) => [id, Number(last)]));
  };

  /** The rows of a batch that are not stored yet, each once. */
  const freshRows = async (
    open: Open,
    batch: Batch,
    newest: ReadonlyMap<number, number>,
  ): Promise<readonly number[]> => {
    const rows = [...batch.times.keys()];
    const at = (row: number): number => batch.times[row] ?? 0;
    const of = (row: number): number => batch.series[row] ?? 0;
    // What is newer than all there is needs no question.
    const late = rows.filter((row) => at(row) <= (newest.get(of(row)) ?? Infinity));
    const stored = late.length === 0 ? [] : await words.stored(open, batch, late);
    const known = new Set(stored.map(({ series: id, time }) => rowName(id, Number(time))));
    return rows.filter((row) => {
      const name = rowName(of(row), at(row));
      const isNew = !known.has(name);
      known.add(name);
      return isNew;
    });
  };

  const writeOnce = async (unnumbered: Batch): Promise<Written> => {
    const batch: Batch = {
      ...unnumbered,
      origins: await origins.of(unnumbered.origins),
      series: await series.of(unnumbered.series),
    };
    const ids = [...new Set(batch.series)].toSorted((a, b) => a - b);
    const stored = await db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (open) => {
        const rows = await freshRows(open, batch, await lock(open, ids));
        if (rows.length === 0) return 0;
        const fresh = new Set(rows);
        const changes = changesOf(batch, (row) => fresh.has(row));
        await words.insert(open, batch, rows);
        if (changes.minutes.length > 0) await words.addBuckets(open, 'minute', changes.minutes);
        if (changes.hours.length > 0) await words.addBuckets(open, 'hour', changes.hours);
        await words.change(open, changes.series);
        return changes.stored;
      });
    return { stored, duplicates: batch.times.length - stored };
  };

  const attempt = async (batch: Batch, left: number): Promise<Written> => {
    try {
      return await writeOnce(batch);
    } catch (cause) {
      if (left === 0 || !(cause instanceof Lost || words.isDeadlock(cause))) throw cause;
      if (cause instanceof Lost) {
        series.forget();
        origins.forget();
      }
      return attempt(batch, left - 1);
    }
  };

  return async (samples) => {
    if (samples.length === 0) return { stored: 0, duplicates: 0 };
    const batch = encode(samples);
    series.add(batch.newSeries);
    origins.add(batch.newOrigins);
    return attempt(batch, ATTEMPTS);
  };
};
