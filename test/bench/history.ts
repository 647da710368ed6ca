import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import type { Node, NodeMessage } from 'node-red';
import { inTime } from './in-time.ts';
import type { BenchRuntime, SinkNode } from './runtime.ts';
import { median } from './statistics.ts';

/** What a candidate stores in a second, and the longest the event loop stood still meanwhile. */
export interface Rate {
  readonly name: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly stallMs: number;
}
export interface Reading {
  readonly name: string;
  readonly ms: number;
  readonly stallMs: number;
}
export interface HistoryLoad {
  readonly rates: readonly Rate[];
  readonly readings: readonly Reading[];
}

export const ARRAYS = 'history-write, 1000 signals in a message';
export const RECORDS = 'history-write, 100 records of 10 in a message';
export const SINGLE = 'history-write, one signal per message';
export const RAW = 'bare node:sqlite, 1000 inserts in a transaction';
/** The peer is built from C; it is measured where it is found in the folder that BENCH_SQLITE_NODE names. */
const PEER_FOLDER = process.env['BENCH_SQLITE_NODE'];
export const PEER = PEER_FOLDER
  ? 'node-red-node-sqlite, one insert per message'
  : 'stand-in for node-red-node-sqlite, one insert per message';

const DAYS = 30;
const SERIES_ROWS = DAYS * 86_400;
const START = Date.UTC(2026, 0, 1);
const BATCH = 1000;
const RECORD_KEYS = 10;
const RECORD_ROWS = 300_000;
const SINGLE_ROWS = 100_000;
const PEER_ROWS = 3000;
const POINTS = 1000;
const READS = 15;
/** Messages on their way at the same time: enough that the database is never idle. */
const WINDOW = 8;

type Message = NodeMessage & Record<string, unknown>;

const valueAt = (index: number): number => 25 + 5 * Math.sin(index / 3000) + ((index * 7) % 11) / 100;
const signal = (topic: string, index: number): Message => ({
  topic,
  payload: valueAt(index),
  timestamp: START + index * 1000,
  quality: 'good',
  unit: 'Cel',
  source: 'measured',
});
const arrayMessage = (index: number): Message => ({
  _msgid: 'bench',
  topic: 'bench/temperature',
  unit: 'Cel',
  source: 'measured',
  payload: Array.from({ length: BATCH }, (_, row) => ({
    payload: valueAt(index * BATCH + row),
    timestamp: START + (index * BATCH + row) * 1000,
    quality: 'good',
  })),
});
const recordMessage = (index: number): Message => ({
  _msgid: 'bench',
  topic: 'bench/record',
  source: 'measured',
  payload: Array.from({ length: BATCH / RECORD_KEYS }, (_, row) => {
    const number = (index * BATCH) / RECORD_KEYS + row;
    const values = Array.from({ length: RECORD_KEYS }, (_, key) => [`q${key}`, valueAt(number + key)]);
    return { timestamp: START + number * 1000, ...Object.fromEntries(values) };
  }),
});

const stall = () => {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  return (): number => {
    loop.disable();
    return loop.max / 1e6;
  };
};

/** The end of what goes into a node. */
interface Arrivals {
  /** The last of so many from now on. */
  expect(count: number): Promise<unknown>;
}
/** What a node is done with: the samples are in the database then. */
const completions = (runtime: BenchRuntime, id: string): Arrivals => {
  let left = Infinity;
  let settle = (_error: unknown): void => {};
  runtime.onComplete(id, (error) => {
    if (error || --left === 0) settle(error);
  });
  return {
    expect(count) {
      left = count;
      return new Promise<void>((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve());
      });
    },
  };
};

/** Gives messages to a node, so many on their way at a time, until the last one is complete. */
const run = async (
  name: string,
  rows: number,
  messages: number,
  window: number,
  entrance: Node,
  end: Arrivals,
  message: (index: number) => Message,
): Promise<Rate> => {
  const stalled = stall();
  const begun = performance.now();
  for (let given = 0; given < messages; given += window) {
    const count = Math.min(window, messages - given);
    const arrival = end.expect(count);
    for (let index = given; index < given + count; index++) entrance.receive(message(index));
    await inTime(arrival, name);
  }
  const seconds = (performance.now() - begun) / 1000;
  return { name, rows, rowsPerSecond: rows / seconds, stallMs: stalled() };
};

const database = { id: 'database', type: 'plant-database', name: '', url: 'sqlite:bench-history.sqlite' };
const sinks = ['inserted', 'answers'].map((id) => ({ id, type: 'bench-sink', wires: [] }));

const insertSql =
  'INSERT OR IGNORE INTO sample (series, time, value, text, quality, origin) VALUES ($s, $t, $v, NULL, 0, 1)';

/** The table of the samples as the plant has it, in another file. */
const sameTable = (own: string, other: string): DatabaseSync => {
  const source = new DatabaseSync(own, { readOnly: true });
  const tables = source
    .prepare(`SELECT sql FROM sqlite_master WHERE tbl_name = 'sample' AND sql IS NOT NULL ORDER BY type DESC`)
    .all();
  source.close();
  rmSync(other, { force: true });
  const table = new DatabaseSync(other, { enableForeignKeyConstraints: false });
  for (const { sql } of tables) table.exec(String(sql));
  return table;
};

const rawRate = (own: string, other: string): Rate => {
  const table = sameTable(own, other);
  table.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const insert = table.prepare(insertSql.replaceAll(/\$\w/g, '?'));
  const rows = 500_000;
  const begun = performance.now();
  for (let row = 0; row < rows;) {
    table.exec('BEGIN');
    for (const end = row + BATCH; row < end; row++) insert.run(1, START + row * 1000, valueAt(row));
    table.exec('COMMIT');
  }
  const ms = performance.now() - begun;
  table.close();
  return { name: RAW, rows, rowsPerSecond: (rows / ms) * 1000, stallMs: ms };
};

/** One insert per message with the defaults of SQLite, as the peer does it. */
const registerStandIn = (runtime: BenchRuntime, file: string): void =>
  runtime.add((RED) => {
    const { nodes } = RED as {
      nodes: { createNode(node: Node, def: object): void; registerType(type: string, make: object): void };
    };
    nodes.registerType('sqlitedb', function (this: Node, def: object) {
      nodes.createNode(this, def);
    });
    nodes.registerType('sqlite', function (this: Node, def: object) {
      nodes.createNode(this, def);
      const table = new DatabaseSync(file);
      const insert = table.prepare(insertSql);
      this.on('input', (msg, send, done) => {
        const { params } = msg as { params?: Record<string, number> };
        setImmediate(() => {
          insert.run(params ?? {});
          send(msg);
          done();
        });
      });
      this.on('close', () => table.close());
    });
  });

const query = { id: 'query', type: 'history-query', name: '', database: 'database', wires: [['answers']] };

const measureReadings = async (runtime: BenchRuntime, file: string): Promise<Reading[]> => {
  const [node, sink] = [runtime.node('query'), runtime.node<SinkNode>('answers')];
  const asked = { series: 'bench/temperature', from: START, to: START + SERIES_ROWS * 1000, points: POINTS };
  const ask = async (name: string, more: object, times: number): Promise<Reading> => {
    const end = stall();
    const took: number[] = [];
    for (let time = 0; time < times; time++) {
      const begun = performance.now();
      const arrival = sink.expect(1);
      const message: Message = { _msgid: 'bench', query: { ...asked, ...more } };
      node.receive(message);
      await inTime(arrival, name);
      took.push(performance.now() - begun);
    }
    return { name, ms: median(took), stallMs: end() };
  };
  const first = await ask('history-query, the first time', {}, 1);
  const ours = await ask(OURS_READ, {}, READS);
  const raw = new DatabaseSync(file, { readOnly: true });
  const { id } = raw.prepare(`SELECT id FROM series WHERE name = 'bench/temperature'`).get() as {
    id: number;
  };
  const width = (SERIES_ROWS * 1000) / POINTS;
  const select = raw.prepare(
    `SELECT CAST((time - ?1) / ?2 AS INTEGER) AS bucket, min(value), avg(value), max(value), count(value)
     FROM sample WHERE series = ?3 AND time >= ?1 AND time < ?4 GROUP BY bucket ORDER BY bucket`,
  );
  const took: number[] = [];
  for (let time = 0; time < 3; time++) {
    const begun = performance.now();
    const buckets = select.all(START, width, id, START + SERIES_ROWS * 1000);
    took.push(performance.now() - begun);
    if (buckets.length !== POINTS) throw new Error(`${buckets.length} buckets`);
  }
  raw.close();
  return [first, ours, { name: RAW_READ, ms: median(took), stallMs: Math.max(...took) }];
};
export const OURS_READ = `history-query, ${DAYS} days of 1 Hz at ${POINTS} points`;
export const RAW_READ = 'the same by SQL over what was measured, in the runtime itself';

/** Stores and reads side by side with the peers; leaves nothing behind. */
export const measureHistory = async (runtime: BenchRuntime): Promise<HistoryLoad> => {
  const file = join(runtime.folder, 'bench-history.sqlite');
  const other = join(runtime.folder, 'bench-raw.sqlite');
  const peerFile = join(runtime.folder, 'bench-peer.sqlite');
  const write = { id: 'write', type: 'history-write', name: '', database: 'database', wires: [] };
  await runtime.deploy([database, write, query, ...sinks]);
  const entrance = runtime.node('write');
  const stored = completions(runtime, 'write');
  const rates: Rate[] = [];
  await run('warm-up', 0, 20, 1, entrance, stored, (index) => ({
    ...arrayMessage(index),
    topic: 'bench/warm',
  }));
  const records = RECORD_ROWS / BATCH;
  rates.push(await run(RECORDS, RECORD_ROWS, records, WINDOW, entrance, stored, recordMessage));
  const single = (index: number): Message => ({
    _msgid: 'bench',
    ...signal(`bench/single/${index % 20}`, index),
  });
  rates.push(await run(SINGLE, SINGLE_ROWS, SINGLE_ROWS, BATCH, entrance, stored, single));
  rates.push(await run(ARRAYS, SERIES_ROWS, SERIES_ROWS / BATCH, WINDOW, entrance, stored, arrayMessage));
  rates.push(rawRate(file, other));

  const readings = await measureReadings(runtime, file);

  sameTable(file, peerFile).close();
  if (PEER_FOLDER) {
    const require = createRequire(join(PEER_FOLDER, 'package.json'));
    runtime.add(require('./sqlite.js') as (RED: object) => void);
  } else registerStandIn(runtime, peerFile);
  await runtime.deploy([
    { id: 'peer-file', type: 'sqlitedb', db: peerFile, mode: 'RWC' },
    {
      id: 'peer',
      type: 'sqlite',
      mydb: 'peer-file',
      sqlquery: 'prepared',
      sql: insertSql,
      wires: [['inserted']],
    },
    ...sinks,
  ]);
  const insert = (index: number): Message => ({
    _msgid: 'bench',
    params: { $s: 1, $t: START + index * 1000, $v: valueAt(index) },
  });
  const [peer, inserted] = [runtime.node('peer'), runtime.node<SinkNode>('inserted')];
  await run('warm-up', 0, 100, 10, peer, inserted, insert);
  rates.push(await run(PEER, PEER_ROWS, PEER_ROWS, 100, peer, inserted, (index) => insert(index + BATCH)));
  await runtime.deploy([]);
  for (const left of [file, other, peerFile])
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(left + suffix)) rmSync(left + suffix);
  return { rates, readings };
};
