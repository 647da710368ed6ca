import type { Kysely } from 'kysely';
import type { Backend, SeriesInfo } from '../lib/store.ts';
import { createReading, valueOf } from './history.ts';
import { createHousekeeping } from './housekeeping.ts';
import { migrate } from './migrations.ts';
import { createRecords } from './records.ts';
import { qualities, type Tables } from './schema.ts';
import { createServerWrite, type ServerWords } from './server-write.ts';

export interface ServerParts {
  readonly kind: 'postgres' | 'mysql';
  readonly writer: Kysely<Tables>;
  /** with connections of its own, so that a long reading keeps nobody from writing */
  readonly reader: Kysely<Tables>;
  readonly words: ServerWords;
  readonly size: () => Promise<number>;
  readonly close: () => Promise<void>;
  /** wall time, ms */
  readonly now: () => number;
}

/** Some ms of the plant for the driver, at most. */
const PAGE_ROWS = 2000;

/** What all servers have in common: a back-end on two pools of connections. */
export const createServer = async (parts: ServerParts): Promise<Backend> => {
  const { kind, writer, reader, words, size, close, now } = parts;
  try {
    await migrate(writer, kind);
  } catch (cause) {
    await close().catch(() => {}); // why it could not be opened says more
    throw cause;
  }
  const read = createReading({
    reader,
    pageRows: PAGE_ROWS,
    async rawPage({ series, from, to, limit, newest }) {
      const rows = await reader
        .selectFrom('sample')
        .select(['time', 'value', 'text', 'quality'])
        .where('series', '=', series)
        .where('time', '>=', from)
        .where('time', '<', to)
        .orderBy('time', newest ? 'desc' : 'asc')
        .limit(limit)
        .execute();
      if (newest) rows.reverse();
      return {
        level: 'raw',
        timestamps: rows.map(({ time }) => Number(time)),
        values: rows.map(({ value, text }) => valueOf(value, text)),
        qualities: rows.map(({ quality }) => qualities[quality] ?? 'bad'),
      };
    },
  });
  const all = (): Promise<SeriesInfo[]> => read.series(['#']);
  return {
    kind,
    history: {
      ...read,
      ...createHousekeeping({
        writer,
        all,
        async lock(transaction, series) {
          await transaction
            .selectFrom('series')
            .select('id')
            .where('id', '=', series)
            .forUpdate()
            .executeTakeFirst();
        },
        reclaim: async () => {}, // a server uses again what is free
        now,
      }),
      write: createServerWrite(writer, words),
    },
    records: createRecords(writer, kind),
    size,
    close,
  };
};
