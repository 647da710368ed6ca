import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { loadClient, percentile, type LoadClient } from '../support/mqtt-load.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { startPlant } from '../support/server.ts';

/** `npm run soak` does the same longer. */
const SOAK = process.env['SOAK'] === '1';
const KILLS = SOAK ? 500 : 30;
const CLIENTS = 4;
const IN_FLIGHT = 256;

interface Host {
  readonly child: ChildProcess;
  /** Opens the data folder and gives the port. */
  readonly open: () => Promise<number>;
  readonly kill: () => Promise<void>;
  /** Lets it write what waits. */
  readonly stop: () => Promise<void>;
}
const hosts = new Set<ChildProcess>();
const startHost = (folder: string): Host => {
  const script = join(import.meta.dirname, '..', 'support', 'ingest-process.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  hosts.add(child);
  const exited = once(child, 'exit').then(() => void hosts.delete(child));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  const loaded = line();
  return {
    child,
    open: async () => {
      assert.equal(await loaded, 'loaded');
      child.stdin.write('open\n');
      return Number(await line());
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.stdin.write('stop\n');
      await exited;
    },
  };
};

/** What is stored of each client, read by somebody who knows nothing of the plant. */
const assertStored = (folder: string, clients: readonly LoadClient[]): { stored: number; acked: number } => {
  const database = new DatabaseSync(join(folder, 'history.sqlite'), { readOnly: true });
  let stored = 0;
  let acked = 0;
  for (const client of clients) {
    const numbers = database
      .prepare(
        'SELECT time, value FROM sample WHERE series = (SELECT id FROM series WHERE name = ?) ORDER BY time',
      )
      .all(client.topic.replace('history/', ''))
      .map(({ time, value }) => {
        assert.equal(value, time);
        return Number(time);
      });
    const unique = new Set(numbers);
    assert.equal(unique.size, numbers.length, 'stored twice');
    assert.deepEqual(client.acked.filter((number) => !unique.has(number)).slice(0, 10), [], 'lost');
    stored += numbers.length;
    acked += client.acked.length;
  }
  database.close();
  return { stored, acked };
};

const newClients = (): LoadClient[] =>
  Array.from({ length: CLIENTS }, (_, index) => loadClient(`history/load/${index}`));
const runAll = (
  clients: readonly LoadClient[],
  port: number,
  login?: { username: string; password: string },
) => Promise.all(clients.map((client) => client.run(port, IN_FLIGHT / CLIENTS, login)));

describe('broker: PUBACK means stored', function () {
  this.timeout(SOAK ? 1_800_000 : 180_000);
  afterEach(() => {
    for (const child of hosts) child.kill('SIGKILL');
  });

  it(`${KILLS} kills with -9 under load: nothing acknowledged is lost, nothing is there twice`, async () => {
    const { folder, remove } = temporaryFolder();
    const clients = newClients();
    let ms = 0;
    let host = startHost(folder);
    for (let life = 0; life < KILLS; life++) {
      const port = await host.open();
      const next = startHost(folder);
      const before = clients.reduce((sum, { acked }) => sum + acked.length, 0);
      const running = runAll(clients, port);
      while (clients.reduce((sum, { acked }) => sum + acked.length, 0) === before) await delay(5);
      const started = performance.now();
      await delay(150 + Math.random() * 250);
      await host.kill();
      ms += performance.now() - started;
      await running;
      host = next;
    }
    const running = runAll(clients, await host.open());
    for (const client of clients) client.finish();
    await running;
    await host.stop();
    const { stored, acked } = assertStored(folder, clients);
    assert.ok(acked > KILLS * 100, `${acked} acknowledged`);
    const waits = clients.flatMap((client) => client.waits);
    console.log(
      `      ${acked} acknowledged in ${(ms / 1000).toFixed(1)} s of load (${Math.round(acked / (ms / 1000))}/s), ${stored} stored, 0 lost, 0 twice; ` +
        `ack p50 ${percentile(waits, 0.5).toFixed(0)} ms, p99 ${percentile(waits, 0.99).toFixed(0)} ms at ${IN_FLIGHT} in flight`,
    );
    remove();
  });

  it('none comes while a commit is held', async () => {
    const { folder, remove } = temporaryFolder();
    const first = startHost(folder);
    await first.open();
    await first.stop();
    const other = new DatabaseSync(join(folder, 'history.sqlite'), { timeout: 10_000 });
    other.exec('BEGIN EXCLUSIVE');
    const host = startHost(folder);
    const client = loadClient('history/held');
    const running = client.run(await host.open(), 10);
    await delay(500);
    const early = client.acked.length;
    other.exec('ROLLBACK');
    other.close();
    while (client.acked.length === 0) await delay(5);
    client.finish();
    await running;
    await host.stop();
    assert.equal(early, 0);
    assertStored(folder, [client]);
    remove();
  });

  it('also from the whole plant, killed with -9', async () => {
    const { folder, remove } = temporaryFolder();
    const client = loadClient('history/plant');
    const first = await startPlant({ dataDir: folder, env: { PLANTS: 'fish-tank' } });
    assert.equal(await first.running, true, first.output());
    const login = { username: 'device', password: first.passwords()['device'] ?? '' };
    const running = client.run(first.mqttPort, IN_FLIGHT, login);
    while (client.acked.length < 2000) await delay(5);
    await first.stop('SIGKILL');
    await running;
    const second = await startPlant({ dataDir: folder });
    assert.equal(await second.running, true, second.output());
    const again = client.run(second.mqttPort, IN_FLIGHT, login);
    client.finish();
    await again;
    await second.stop();
    assertStored(folder, [client]);
    remove();
  });
});
