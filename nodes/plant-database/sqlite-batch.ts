import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Written } from '../lib/store.ts';
import { inTransaction } from '../lib/transaction.ts';
import type { Batch, Origin, SeriesKey } from './columns.ts';
import { changesOf, type Bucket } from './rollup.ts';
import { NEVER } from './schema.ts';

/** Numbers that the database gave to the keys of a list; asked once each. */
const createIds = <T>(find: (key: T) => number) => {
  const keys: T[] = [];
  const ids: (number | undefined)[] = [];
  return {
    add: (fresh: readonly T[]): void => void keys.push(...fresh),
    of(place: number): number {
      const known = ids[place];
      if (known !== undefined) return known;
      const id = find(keys[place] as T);
      ids[place] = id;
      return id;
    },
    /** After a rollback: what was made in that transaction is not there any more. */
    forget: (): void => void (ids.length = 0),
  };
};

const rollupUpsert = (table: 'minute' | 'hour'): string => `
  INSERT INTO ${table} (series, time, min, max, sum, count) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET min = min(min, excluded.min), max = max(max, excluded.max),
    sum = sum + excluded.sum, count = count + excluded.count`;

/** Writes a batch with its rollups in one transaction; rows that are there already stay as they are. */
export const createBatchWriter = (
  database: DatabaseSync,
  prepared: (sql: string) => StatementSync,
): ((batch: Batch) => Written) => {
  const series = createIds(({ name, timeline }: SeriesKey) => {
    prepared(
      'INSERT INTO series (name, timeline, kind, origin, first, last) VALUES (?, ?, 0, 0, ?, ?) ON CONFLICT DO NOTHING',
    ).run(name, timeline, NEVER.first, NEVER.last);
    return Number(
      prepared('SELECT id FROM series WHERE name = ? AND timeline = ?').get(name, timeline)?.['id'],
    );
  });
  const origins = createIds(({ source, unit }: Origin) => {
    prepared('INSERT INTO origin (source, unit) VALUES (?, ?) ON CONFLICT DO NOTHING').run(source, unit);
    return Number(prepared('SELECT id FROM origin WHERE source = ? AND unit = ?').get(source, unit)?.['id']);
  });

  const upsert = (table: 'minute' | 'hour', buckets: readonly Bucket[]): void => {
    const statement = prepared(rollupUpsert(table));
    for (const { series: place, time, min, max, sum, count } of buckets)
      statement.run(series.of(place), time, min, max, sum, count);
  };

  const writeRows = (batch: Batch): Written => {
    const { times, values, qualities, texts } = batch;
    const insert = prepared(
      'INSERT INTO sample (series, time, value, text, quality, origin) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    const isNew = new Uint8Array(times.length);
    for (const [row, time] of times.entries()) {
      const value = values[row] ?? NaN;
      const { changes } = insert.run(
        series.of(batch.series[row] ?? 0),
        time,
        Number.isNaN(value) ? null : value,
        texts?.[row] ?? null,
        qualities[row] ?? 0,
        origins.of(batch.origins[row] ?? 0),
      );
      isNew[row] = Number(changes);
    }
    const changes = changesOf(batch, (row) => isNew[row] === 1);
    upsert('minute', changes.minutes);
    upsert('hour', changes.hours);
    const update = prepared(
      `UPDATE series SET kind = max(kind, ?1), first = min(first, ?2), origin = iif(?3 >= last, ?4, origin),
         last = max(last, ?3) WHERE id = ?5`,
    );
    for (const { series: place, kind, first, last, origin } of changes.series)
      update.run(kind, first, last, origins.of(origin), series.of(place));
    return { stored: changes.stored, duplicates: times.length - changes.stored };
  };

  return (batch) => {
    series.add(batch.newSeries);
    origins.add(batch.newOrigins);
    try {
      return inTransaction(database, () => writeRows(batch));
    } catch (cause) {
      series.forget();
      origins.forget();
      throw cause;
    }
  };
};
