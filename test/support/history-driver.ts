/**
 * A process that writes samples through the writer of a database until it is killed or told to stop on its standard
 * input. The samples of series `load/0` to `load/3` are numbered: timestamp and value are the number. What the writer
 * answers is said at once, so that whoever reads it knows what has been promised.
 */
import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sample } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import type { Limits } from '../../nodes/plant-database/batch-writer.ts';
import { createDatabase } from '../../nodes/plant-database/writer.ts';

export interface DriverOrder {
  readonly url: string;
  readonly kind: 'sqlite' | 'postgres' | 'mysql';
  /** data folder; the outbox is `outbox` in it */
  readonly folder: string;
  /** number of the first sample */
  readonly from: number;
  /** so many samples and no more; then it waits for `stop` */
  readonly count: number;
  /** samples of one call, and calls that wait for their answer at the same time */
  readonly size: number;
  readonly calls: number;
  /** ms between two calls; 0: as fast as it is answered */
  readonly everyMs: number;
  readonly synchronous?: 'NORMAL' | 'FULL';
  readonly maxBytes?: number;
  readonly segmentBytes?: number;
  readonly limits?: Partial<Limits>;
  /** servers: how long a statement may take */
  readonly timeoutMs?: number;
}

const SERIES = 4;
const MIB = 1024 * 1024;
const order = JSON.parse(process.argv[2] ?? '{}') as DriverOrder;
const {
  url,
  kind,
  folder,
  synchronous = 'NORMAL',
  timeoutMs,
  size,
  calls,
  everyMs,
  maxBytes,
  segmentBytes,
} = order;
/** A line must be out before the next answer is given, also when it is the last thing this process does. */
const say = (line: string): void => {
  const bytes = Buffer.from(`${line}\n`);
  for (let done = 0; done < bytes.length;)
    try {
      done += writeSync(1, bytes, done);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause; // the reader is behind
    }
};

const database = createDatabase({
  name: kind,
  kind,
  openBackend: () =>
    openBackend(url, { folder, synchronous, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
  outbox: {
    folder: `${folder}/outbox`,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  },
  report: (sentence) => say(`report ${sentence}`),
  ...(order.limits ? { limits: order.limits } : {}),
});

const sample = (number: number): Sample => ({
  series: `load/${number % SERIES}`,
  timeline: 'real',
  timestamp: number,
  value: number,
  quality: 'good',
  source: 'measured',
  unit: 'Cel',
});
const end = order.from + order.count;
let next = order.from;
let isStopping = false;
let mostWaiting = 0;
const started = performance.now();

const writeOne = async (): Promise<void> => {
  const from = next;
  const count = Math.min(size, end - from);
  next += count;
  try {
    await database.write(Array.from({ length: count }, (_, index) => sample(from + index)));
    say(`ack ${from} ${count}`);
  } catch (cause) {
    say(`lost ${from} ${count} ${cause instanceof Error ? cause.message : String(cause)}`);
    await delay(10);
  }
};
const client = async (): Promise<void> => {
  while (!isStopping && next < end) await writeOne();
};
const paced = async (): Promise<void> => {
  const under: Promise<void>[] = [];
  for (let turn = 0; !isStopping && next < end; turn++) {
    under.push(writeOne());
    await delay(Math.max(0, started + (turn + 1) * everyMs - performance.now()));
  }
  await Promise.all(under);
};

const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();
const rssBefore = process.memoryUsage().rss;
const facts = (): string => {
  const { connected, rows, waiting, outbox } = database.facts();
  return JSON.stringify({
    connected,
    rows,
    waiting,
    mostWaiting,
    outbox: outbox.rows,
    bytes: outbox.bytes,
    dropped: outbox.dropped,
    delayP99Ms: loop.percentile(99) / 1e6,
    delayMaxMs: loop.max / 1e6,
    rssGrowthMiB: (process.memoryUsage().rss - rssBefore) / MIB,
  });
};
const watch = setInterval(() => {
  mostWaiting = Math.max(mostWaiting, database.facts().waiting);
}, 5);

say(`started ${process.pid}`);
const writing = everyMs > 0 ? paced() : Promise.all(Array.from({ length: calls }, client));
void writing.then(() => say('written'));

for await (const line of createInterface(process.stdin)) {
  if (line === 'facts') say(`facts ${facts()}`);
  if (line === 'drain') {
    // What the outbox has is known once it is open, and then the database is opened.
    while (!database.facts().connected && database.facts().outbox.rows === 0) await delay(5);
    const { rows } = database.facts().outbox;
    // The waiting for the next try is not the drain.
    while (database.facts().outbox.rows >= rows && rows > 0) await delay(1);
    const begun = performance.now();
    while (database.facts().outbox.rows > 0 || database.facts().waiting > 0) await delay(5);
    say(`drained ${rows} ${Math.round(performance.now() - begun)}`);
  }
  if (line === 'stop') break;
}
isStopping = true;
await writing;
await database.close();
clearInterval(watch);
say(`facts ${facts()}`);
process.exit(0);
