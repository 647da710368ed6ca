import type { Kysely, Transaction } from 'kysely';
import type { HistoryStore, Level, SeriesInfo } from '../lib/store.ts';
import { levels, tableOf, widthOf } from './level.ts';
import { cutsOf } from './retention.ts';
import { NEVER, type Tables } from './schema.ts';

/** What deleting needs of its back-end. */
export interface HousekeepingSource {
  readonly writer: Kysely<Tables>;
  readonly all: () => Promise<readonly SeriesInfo[]>;
  /** Keeps those away who write the same series, to the end of the transaction. */
  readonly lock: (transaction: Transaction<Tables>, series: number) => Promise<void>;
  /** Gives what is free back to the file system; nothing to do where the database does it. */
  readonly reclaim: () => Promise<void>;
  readonly now: () => number;
}

/** Rows per transaction: some ms, after which whoever writes has his turn. */
const STEP_ROWS = 2000;

/** The deleting half of a history. */
export const createHousekeeping = ({
  writer,
  all,
  lock,
  reclaim,
  now,
}: HousekeepingSource): Pick<HistoryStore, 'retain' | 'prune'> => {
  const step = ({ id }: SeriesInfo, level: Level, before: number, rows: number): Promise<number> =>
    writer.transaction().execute(async (transaction) => {
      await lock(transaction, id);
      const table = tableOf(level);
      const bound = await transaction
        .selectFrom(table)
        .select('time')
        .where('series', '=', id)
        .where('time', '<', before)
        .orderBy('time')
        .offset(rows)
        .limit(1)
        .executeTakeFirst();
      const { numDeletedRows } = await transaction
        .deleteFrom(table)
        .where('series', '=', id)
        .where('time', '<', bound ? Number(bound.time) : before)
        .executeTakeFirst();
      return Number(numDeletedRows);
    });

  const drop = async (series: SeriesInfo, level: Level, before: number, rows = Infinity): Promise<number> => {
    let dropped = 0;
    while (dropped < rows) {
      const wanted = Math.min(STEP_ROWS, rows - dropped);
      const gone = await step(series, level, before, wanted);
      dropped += gone;
      if (gone < wanted) break;
    }
    return dropped;
  };

  const oldest = async (db: Kysely<Tables>, { id }: SeriesInfo, level: Level): Promise<number> => {
    const row = await db
      .selectFrom(tableOf(level))
      .select('time')
      .where('series', '=', id)
      .orderBy('time')
      .limit(1)
      .executeTakeFirst();
    return row ? Number(row.time) : Infinity;
  };
  /** A series begins where its oldest level does; one that has nothing left is not told any more. */
  const renew = (series: SeriesInfo): Promise<void> =>
    writer.transaction().execute(async (transaction) => {
      await lock(transaction, series.id);
      // `series` may be as it was before a late sample came.
      const known = await transaction
        .selectFrom('series')
        .select('first')
        .where('id', '=', series.id)
        .executeTakeFirstOrThrow();
      const starts = await Promise.all(levels.map((level) => oldest(transaction, series, level)));
      const first = Math.max(Number(known.first), Math.min(...starts));
      const bounds = Number.isFinite(first) ? { first } : NEVER;
      await transaction.updateTable('series').set(bounds).where('id', '=', series.id).execute();
    });

  const count = async (series: SeriesInfo): Promise<number> => {
    // Rollups count numbers only; of text there is never much.
    if (series.kind === 'text') {
      const { rows } = await writer
        .selectFrom('sample')
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .where('series', '=', series.id)
        .executeTakeFirstOrThrow();
      return Number(rows);
    }
    const start = await oldest(writer, series, 'raw');
    if (start === Infinity) return 0;
    const { rows } = await writer
      .selectFrom('hour')
      .select(({ fn }) => fn.sum<number>('count').as('rows'))
      .where('series', '=', series.id)
      .where('time', '>=', Math.floor(start / widthOf.hour) * widthOf.hour)
      .executeTakeFirstOrThrow();
    return Number(rows ?? 0);
  };

  return {
    async retain(rules) {
      let dropped = 0;
      for (const { series, level, before } of cutsOf(await all(), rules, now())) {
        const gone = await drop(series, level, before);
        dropped += gone;
        if (gone > 0) await renew(series);
      }
      if (dropped > 0) await reclaim();
      return dropped;
    },
    async prune(rows) {
      const known = await all();
      const counts: number[] = [];
      for (const series of known) counts.push(await count(series));
      const total = counts.reduce((sum, part) => sum + part, 0);
      let dropped = 0;
      for (const [index, series] of known.entries()) {
        // Each series gives the same share of what it has.
        const share = Math.ceil((rows * (counts[index] ?? 0)) / Math.max(total, 1));
        if (share > 0) dropped += await drop(series, 'raw', NEVER.first, share);
      }
      if (dropped > 0) await reclaim();
      return dropped;
    },
  };
};
