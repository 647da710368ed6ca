import { PostgresDialect, sql, type Kysely, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Backend } from '../lib/store.ts';
import type { Bucket, SeriesChange } from './rollup.ts';
import { NEVER, type Tables } from './schema.ts';
import { createServer } from './server.ts';
import type { ServerWords } from './server-write.ts';
import type { ServerAddress } from './url.ts';

const BIGINT = 20;

/** Errors that the server itself tells have a five-letter code; after any other one the connection is not used again. */
const isTold = (cause: unknown): boolean =>
  cause instanceof pg.DatabaseError && cause.severity !== 'FATAL' && cause.code !== undefined;

/** A pool that throws a connection away once a statement on it has had no answer: its late answer is nobody's. */
const createPool = (address: ServerAddress, timeoutMs: number, max: number): PostgresPool => {
  const { host, port, user, password, database, tls } = address;
  const pool = new pg.Pool({
    host,
    port,
    user,
    password,
    database,
    ssl: tls,
    max,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    idle_in_transaction_session_timeout: timeoutMs,
    keepAlive: true,
    application_name: 'pilot-plant',
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        oid === BIGINT ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  // A connection that is lost while nobody uses it; the next one who needs one gets a new one.
  pool.on('error', () => {});
  // One that is in use tells it as an event as well as by the statement that fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect(): Promise<PostgresPoolClient> {
      const client = await pool.connect();
      let isBroken = false;
      const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
        if (isBroken) throw new Error('the connection is lost');
        try {
          return await client.query(text, [...parameters]);
        } catch (cause) {
          isBroken = !isTold(cause);
          throw cause;
        }
      };
      return {
        query: query as PostgresPoolClient['query'],
        release: (destroy) => client.release(destroy === true || isBroken),
      };
    },
  };
};

const columnsOf = (buckets: readonly Bucket[]) => ({
  series: buckets.map(({ series }) => series),
  time: buckets.map(({ time }) => time),
  min: buckets.map(({ min }) => min),
  max: buckets.map(({ max }) => max),
  sum: buckets.map(({ sum }) => sum),
  count: buckets.map(({ count }) => count),
});
const pick = <T>(rows: readonly number[], column: ArrayLike<T>): (T | undefined)[] =>
  rows.map((row) => column[row]);

const words: ServerWords = {
  async addSeries(db, keys) {
    await sql`
      insert into series (name, timeline, kind, origin, first, last)
      select name, timeline, 0, 0, ${sql.lit(NEVER.first)}, ${sql.lit(NEVER.last)}
      from unnest(${keys.map(({ name }) => name)}::text[], ${keys.map(({ timeline }) => timeline)}::text[])
        as k(name, timeline)
      on conflict do nothing`.execute(db);
  },
  async addOrigins(db, origins) {
    await sql`
      insert into origin (source, unit)
      select * from unnest(${origins.map(({ source }) => source)}::text[], ${origins.map(({ unit }) => unit)}::text[])
      on conflict do nothing`.execute(db);
  },
  async stored(open, batch, rows) {
    const answer = await sql<{ series: number; time: number }>`
      select s.series, s.time
      from unnest(${pick(rows, batch.series)}::integer[], ${pick(rows, batch.times)}::bigint[]) as k(series, time)
      join sample s on s.series = k.series and s.time = k.time`.execute(open);
    return answer.rows;
  },
  async insert(open, batch, rows) {
    const values = pick(rows, batch.values).map((value) => (Number.isNaN(value) ? null : value));
    await sql`
      insert into sample (series, time, value, text, quality, origin)
      select * from unnest(${pick(rows, batch.series)}::integer[], ${pick(rows, batch.times)}::bigint[],
        ${values}::double precision[], ${rows.map((row) => batch.texts?.[row] ?? null)}::text[],
        ${pick(rows, batch.qualities)}::smallint[], ${pick(rows, batch.origins)}::integer[])`.execute(open);
  },
  async addBuckets(open, table, buckets) {
    const { series, time, min, max, sum, count } = columnsOf(buckets);
    await sql`
      insert into ${sql.table(table)} as r (series, time, min, max, sum, count)
      select * from unnest(${series}::integer[], ${time}::bigint[], ${min}::double precision[],
        ${max}::double precision[], ${sum}::double precision[], ${count}::bigint[])
      on conflict (series, time) do update set min = least(r.min, excluded.min), max = greatest(r.max, excluded.max),
        sum = r.sum + excluded.sum, count = r.count + excluded.count`.execute(open);
  },
  async change(open, changes) {
    const column = (name: keyof SeriesChange): number[] => changes.map((change) => change[name]);
    await sql`
      update series s set kind = greatest(s.kind, c.kind), first = least(s.first, c.first),
        origin = case when c.last >= s.last then c.origin else s.origin end, last = greatest(s.last, c.last)
      from unnest(${column('series')}::integer[], ${column('kind')}::smallint[], ${column('first')}::bigint[],
        ${column('last')}::bigint[], ${column('origin')}::integer[]) as c(series, kind, first, last, origin)
      where s.id = c.series`.execute(open);
  },
  isDeadlock: (cause) =>
    cause instanceof pg.DatabaseError && (cause.code === '40P01' || cause.code === '40001'),
};

/** One week: some chunks stay in memory while they are written. */
const CHUNK_MS = 7 * 86_400_000;

/** Where TimescaleDB is there, samples lie in chunks of time; rollups are kept the same way as everywhere. */
const useTimescale = async (db: Kysely<Tables>): Promise<void> => {
  const { rows } = await sql`select 1 from pg_extension where extname = 'timescaledb'`.execute(db);
  if (rows.length === 0) return;
  await sql`select create_hypertable('sample', 'time', chunk_time_interval => ${sql.lit(CHUNK_MS)}::bigint,
    if_not_exists => true, migrate_data => true)`.execute(db);
};

/** PostgreSQL. A server that does not answer within `timeoutMs` makes promises reject. */
export const openPostgres = (address: ServerAddress, timeoutMs: number): Promise<Backend> =>
  createServer({
    kind: 'postgres',
    dialect: (connections) => new PostgresDialect({ pool: createPool(address, timeoutMs, connections) }),
    words,
    prepare: useTimescale,
    async size(reader) {
      const { rows } = await sql<{
        bytes: number;
      }>`select pg_database_size(current_database()) as bytes`.execute(reader);
      return Number(rows[0]?.bytes);
    },
  });
