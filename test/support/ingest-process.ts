/**
 * The embedded broker and the history of a data folder in a process of its own, for tests that kill it. It loads its
 * code, says `loaded`, and opens the folder on the first line of its standard input, so that the next one can be
 * made ready while this one runs; then it says its port. On the next line it writes what waits, and ends.
 */
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createBroker } from '../../nodes/embedded-broker/broker.ts';
import { acquireDatabase } from '../../nodes/plant-database/databases.ts';

const [folder = ''] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
console.log('loaded');
await lines.next();
const { database, release } = acquireDatabase({ url: '', folder });
const broker = await createBroker(
  {
    port: 0,
    dataDir: folder,
    anonymousFilter: 'history/#',
    ingest: { topics: ['history/#'], prefix: 'history/', timeoutMs: 60_000 },
  },
  { info: () => {}, warn: (text) => console.error(text) },
  { write: (samples) => database.write(samples) },
);
console.log(broker.port);
await lines.next();
await broker.stop();
while (database.facts().outbox.rows > 0 || database.facts().waiting > 0) await delay(10);
await release();
process.exit(0);
