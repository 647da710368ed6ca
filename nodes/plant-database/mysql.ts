import {
  CompiledQuery,
  MysqlDialect,
  sql,
  type Kysely,
  type MysqlPool,
  type MysqlPoolConnection,
} from 'kysely';
import { createPool as createMysqlPool, type PoolConnection, type TypeCast } from 'mysql2';
import type { Backend } from '../lib/store.ts';
import { NEVER, type Tables } from './schema.ts';
import { createServer } from './server.ts';
import type { Open, ServerWords } from './server-write.ts';
import type { ServerAddress } from './url.ts';

type Answer = (error: unknown, result: never) => void;
/** A connection that is thrown away once a statement on it has had no answer: its late answer is nobody's. */
const guarded = (connection: PoolConnection, timeoutMs: number): MysqlPoolConnection => {
  let isBroken = false;
  const query = (text: string, values: unknown[], answer: Answer): unknown => {
    // What has been begun on a lost connection is rolled back by the server.
    if (isBroken)
      return answer(text === 'rollback' ? null : new Error('the connection is lost'), [] as never);
    return connection.query({ sql: text, values, timeout: timeoutMs }, (error, result) => {
      if (error && (error.fatal === true || error.code === 'PROTOCOL_SEQUENCE_TIMEOUT')) isBroken = true;
      answer(error, result as never);
    });
  };
  return {
    config: connection.config,
    threadId: connection.threadId ?? 0,
    connect: (answer) => answer?.(null),
    destroy: () => connection.destroy(),
    query: query as MysqlPoolConnection['query'],
    release: () => (isBroken ? connection.destroy() : connection.release()),
  };
};

/** The driver's own reading of a double is fast, but off by one in the last digit now and then. */
const exactDoubles: TypeCast = (field, next) => {
  if (field.type !== 'DOUBLE') return next();
  const text = field.string();
  return text === null ? null : Number(text);
};

const createPool = (address: ServerAddress, timeoutMs: number, max: number): MysqlPool => {
  const { host, port, user, password, database, tls } = address;
  const pool = createMysqlPool({
    host,
    port,
    user,
    password,
    database,
    connectionLimit: max,
    connectTimeout: timeoutMs,
    enableKeepAlive: true,
    charset: 'utf8mb4',
    typeCast: exactDoubles,
    ...(tls ? { ssl: {} } : {}),
  });
  pool.on('connection', (connection) => {
    const seconds = Math.max(1, Math.round(timeoutMs / 1000));
    connection.query(`set session innodb_lock_wait_timeout = ${seconds}`, () => {}); // else a lock is awaited longer
  });
  return {
    end: (answer) => pool.end(answer),
    getConnection: (answer) =>
      pool.getConnection((error, connection) => {
        if (error) answer(error, undefined as never);
        else answer(null, guarded(connection, timeoutMs));
      }),
  };
};

/** A number as MySQL reads it without a detour by way of decimals. */
const double = (value: number | undefined): string => {
  if (value === undefined || Number.isNaN(value)) return 'null';
  const text = String(value);
  return text.includes('e') ? text : `${text}e0`;
};
const run = async (
  open: Kysely<Tables> | Open,
  text: string,
  values: readonly unknown[] = [],
): Promise<unknown[]> => (await open.executeQuery(CompiledQuery.raw(text, [...values]))).rows;
const marks = (rows: readonly unknown[], each: string): string => rows.map(() => each).join(',');

/** Many rows are one statement with the numbers in it: a parameter for each would take the plant ms per batch. */
const words: ServerWords = {
  async addSeries(db, keys) {
    await run(
      db,
      `insert ignore into series (name, timeline, kind, origin, first, last)
       values ${marks(keys, `(?, ?, 0, 0, ${NEVER.first}, ${NEVER.last})`)}`,
      keys.flatMap(({ name, timeline }) => [name, timeline]),
    );
  },
  async addOrigins(db, origins) {
    await run(
      db,
      `insert ignore into origin (source, unit) values ${marks(origins, '(?, ?)')}`,
      origins.flatMap(({ source, unit }) => [source, unit]),
    );
  },
  async stored(open, { series, times }, rows) {
    const timesOf = new Map<number, number[]>();
    for (const row of rows) {
      const own = timesOf.get(series[row] ?? 0);
      if (own) own.push(times[row] ?? 0);
      else timesOf.set(series[row] ?? 0, [times[row] ?? 0]);
    }
    // Per series, since both servers then go by the key.
    const parts = [...timesOf].map(
      ([id, own]) => `select series, time from sample where series = ${id} and time in (${own.join(',')})`,
    );
    return (await run(open, parts.join(' union all '))) as { series: number; time: number }[];
  },
  async insert(open, { series, times, values, texts, qualities, origins }, rows) {
    const tuples = rows.map((row) => {
      const text = (texts?.[row] ?? null) === null ? 'null' : '?';
      return `(${series[row]},${times[row]},${double(values[row])},${text},${qualities[row]},${origins[row]})`;
    });
    await run(
      open,
      `insert into sample (series, time, value, text, quality, origin) values ${tuples.join(',')}`,
      rows.flatMap((row) => texts?.[row] ?? []),
    );
  },
  async addBuckets(open, table, buckets) {
    const tuples = buckets.map(
      ({ series, time, min, max, sum, count }) =>
        `(${series},${time},${double(min)},${double(max)},${double(sum)},${count})`,
    );
    await run(
      open,
      `insert into \`${table}\` (series, time, min, max, sum, count) values ${tuples.join(',')}
       on duplicate key update min = least(min, values(min)), max = greatest(max, values(max)),
         sum = sum + values(sum), count = count + values(count)`,
    );
  },
  async change(open, changes) {
    const tuples = changes.map(
      ({ series, kind, first, last, origin }) => `(${series},'','',${kind},${origin},${first},${last})`,
    );
    // The rows are there and locked, so nothing is inserted: this is an update of many rows, from left to right.
    await run(
      open,
      `insert into series (id, name, timeline, kind, origin, first, last) values ${tuples.join(',')}
       on duplicate key update kind = greatest(kind, values(kind)), first = least(first, values(first)),
         origin = if(values(last) >= last, values(origin), origin), last = greatest(last, values(last))`,
    );
  },
  isDeadlock: (cause) => cause instanceof Error && Reflect.get(cause, 'code') === 'ER_LOCK_DEADLOCK',
};

/** MySQL and MariaDB. A server that does not answer within `timeoutMs` makes promises reject. */
export const openMysql = (address: ServerAddress, timeoutMs: number): Promise<Backend> =>
  createServer({
    kind: 'mysql',
    dialect: (connections) => new MysqlDialect({ pool: createPool(address, timeoutMs, connections) }),
    words,
    async size(reader) {
      const { rows } = await sql<{ bytes: unknown }>`
        select sum(data_length + index_length) as bytes from information_schema.tables
        where table_schema = database()`.execute(reader);
      return Number(rows[0]?.bytes);
    },
  });
