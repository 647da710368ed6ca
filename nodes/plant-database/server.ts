import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, type Dialect } from 'kysely';
import type { Backend, SeriesInfo } from '../lib/store.ts';
import { createReading, valueOf } from './history.ts';
import { createHousekeeping } from './housekeeping.ts';
import { migrate } from './migrations.ts';
import { createRecords } from './records.ts';
import { qualities, type Tables } from './schema.ts';
import { createServerWrite, type ServerWords } from './server-write.ts';

export interface ServerParts {
  readonly kind: 'postgres' | 'mysql';
  /** a pool of at most so many connections */
  readonly dialect: (connections: number) => Dialect;
  readonly words: ServerWords;
  /** bytes on disk */
  readonly size: (reader: Kysely<Tables>) => Promise<number>;
  /** what there is to do with the tables beyond the migrations */
  readonly prepare?: (writer: Kysely<Tables>) => Promise<void>;
}

/** Who reads has connections of its own, so that a long reading keeps nobody from writing. */
const CONNECTIONS = { write: 2, read: 3 } as const;
/** Some ms of the plant for the driver, at most. */
const PAGE_ROWS = 2000;
/** How long closing waits: a hung server does not say good-bye either. */
const FAREWELL_MS = 500;

/** What all servers have in common: a back-end on two pools of connections. */
export const createServer = async ({
  kind,
  dialect,
  words,
  size,
  prepare,
}: ServerParts): Promise<Backend> => {
  const writer = new Kysely<Tables>({ dialect: dialect(CONNECTIONS.write) });
  const reader = new Kysely<Tables>({ dialect: dialect(CONNECTIONS.read) });
  const close = async (): Promise<void> => {
    const ended = Promise.all([writer.destroy(), reader.destroy()]);
    await Promise.race([ended, delay(FAREWELL_MS, undefined, { ref: false })]);
  };
  try {
    await migrate(writer, kind);
    await prepare?.(writer);
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
        now: Date.now,
      }),
      write: createServerWrite(writer, words),
    },
    records: createRecords(writer, kind),
    size: () => size(reader),
    close,
  };
};
