import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askHealth, inTrouble, isWell, untilHealth } from '../support/healthz.ts';
import { needs, startMosquitto, type Mosquitto } from '../support/mosquitto.ts';
import { freePort, startPlant, type Plant, type PlantOptions } from '../support/server.ts';
import { smallDisk } from '../support/small-disk.ts';

const fixture = join(import.meta.dirname, '..', 'support', 'flows');
const LINK_DOWN_MS = 60_000;

/** The exit code of the container's own check. */
const check = (plant: Plant): number | null =>
  spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '..', '..', 'runtime', 'health.ts')],
    { env: { PORT: String(plant.port), MQTT_PORT: String(plant.mqttPort) } },
  ).status;

describe('GET /healthz tells the truth (R24)', function () {
  this.timeout(120_000);
  const folders: string[] = [];
  const plants: Plant[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    folders.push(made);
    return made;
  };
  const start = async (options: Partial<PlantOptions> = {}): Promise<Plant> => {
    const plant = await startPlant({ dataDir: folder(), flowsDir: fixture, ...options });
    plants.push(plant);
    assert.equal(await plant.running, true, plant.output());
    return plant;
  };
  /** A folder with flows of these nodes on one tab. */
  const flowsOf = (...nodes: readonly object[]): string => {
    const made = folder();
    const tab = { id: 'services-tab', type: 'tab', label: 'Test', disabled: false, info: '' };
    writeFileSync(join(made, 'services.json'), JSON.stringify([tab, ...nodes]));
    return made;
  };

  // The link to a broker that is away is in trouble after a minute: the other cases run meanwhile.
  let mosquitto: Mosquitto | undefined;
  let remote: Plant;
  let goneAt: number;
  before(async function () {
    needs(this, 'mosquitto');
    const port = await freePort();
    mosquitto = await startMosquitto({ folder: folder(), port });
    remote = await start({ env: { MQTT_URL: `mqtt://127.0.0.1:${port}` } });
    plants.splice(plants.indexOf(remote), 1);
    await untilHealth(remote.url, isWell);
    await mosquitto.stop();
    mosquitto = undefined;
    goneAt = performance.now();
  });
  after(async () => {
    await remote?.stop('SIGKILL');
    await mosquitto?.stop('SIGKILL');
    for (const made of folders) rmSync(made, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(plants.splice(0).map((plant) => plant.stop('SIGKILL')));
  });

  it('200 while all is well; 503 within 5 s of the flows being stopped; nothing but words', async () => {
    const plant = await start();
    await untilHealth(plant.url, isWell);
    assert.equal(check(plant), 0);
    const response = await fetch(`${plant.url}/healthz`);
    assert.deepEqual(await response.json(), { status: 'ok', troubles: [] });
    assert.equal(response.headers.get('cache-control'), 'no-store');
    plant.child.kill('SIGUSR2');
    const ms = await untilHealth(plant.url, inTrouble(/^flows: they are stopped$/));
    assert.equal(check(plant), 1);
    console.log(`      after ${ms.toFixed(0)} ms`);
  });

  it('503 where no node runs', async () => {
    const plant = await start({ flowsDir: flowsOf() });
    await untilHealth(plant.url, inTrouble(/^flows: no node runs$/));
  });

  it('503 where the only nodes are on a disabled tab', async () => {
    const made = folder();
    const tab = { id: 'services-tab', type: 'tab', label: 'Test', disabled: true, info: '' };
    const node = { id: 'services-node', type: 'debug', z: 'services-tab', x: 100, y: 100, wires: [] };
    writeFileSync(join(made, 'services.json'), JSON.stringify([tab, node]));
    const plant = await start({ flowsDir: made });
    await untilHealth(plant.url, inTrouble(/^flows: no node runs$/));
  });

  it('503 where a node type is missing', async () => {
    const node = { id: 'services-node', type: 'no-such-node', z: 'services-tab', x: 100, y: 100, wires: [] };
    const plant = await start({ flowsDir: flowsOf(node) });
    await untilHealth(
      plant.url,
      inTrouble(/^flows: they wait for nodes that are not installed: no-such-node$/),
    );
  });

  it('no start, and no answer, where the credentials cannot be decrypted', async () => {
    const dataDir = folder();
    const plant = await start({ dataDir });
    await plant.stop();
    assert.match(readFileSync(join(dataDir, 'flows_cred.json'), 'utf8'), /\$/);
    const again = await startPlant({
      dataDir,
      flowsDir: fixture,
      env: { NODE_RED_CREDENTIAL_SECRET: 'wrong' },
    });
    assert.equal(await again.exited, 78, again.output());
    assert.equal(check(again), 1);
  });

  it('503 within 5 s while less than 5 % of the disk is free, 200 again when there is room', async function () {
    const disk = smallDisk(this, 64);
    try {
      const plant = await start({ dataDir: disk.folder });
      await untilHealth(plant.url, isWell);
      disk.fill(2_000_000);
      const ms = await untilHealth(plant.url, inTrouble(/^disk: only 3(\.\d)? % of the disk is free$/));
      disk.empty();
      await untilHealth(plant.url, isWell);
      console.log(`      after ${ms.toFixed(0)} ms`);
    } finally {
      await Promise.all(plants.splice(0).map((plant) => plant.stop('SIGKILL')));
      disk.remove();
    }
  });

  const place = { z: 'services-tab', x: 100, y: 100 };
  const inject = (props: object, wires: string[]): object => ({
    id: 'services-inject',
    type: 'inject',
    ...place,
    name: '',
    props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
    repeat: '0.1',
    crontab: '',
    once: true,
    onceDelay: '0.1',
    topic: 'test/value',
    payload: '1',
    payloadType: 'num',
    ...props,
    wires: [wires],
  });

  it('503 where a database is away and its outbox is more than 80 % full', async () => {
    const nodes = [
      { id: 'services-database', type: 'plant-database', name: '', url: '${DATABASE_URL}', outboxMb: '30' },
      inject({}, ['services-many']),
      {
        id: 'services-many',
        type: 'function',
        ...place,
        name: '',
        func: 'const text = () => Array.from({ length: 60 }, () => Math.random().toString(36)).join(""); return { topic: msg.topic, payload: Array.from({ length: 1000 }, (_, i) => ({ timestamp: Date.now() + i, value: text() })) };',
        outputs: 1,
        libs: [],
        wires: [['services-write']],
      },
      {
        id: 'services-write',
        type: 'history-write',
        ...place,
        name: '',
        database: 'services-database',
        wires: [],
      },
    ];
    const port = await freePort();
    const plant = await start({
      flowsDir: flowsOf(...nodes),
      env: {
        DATABASE_URL: `postgres://nobody:secret@127.0.0.1:${port}/plant`,
        // Without our broker, so that the node alone says how large the outbox may be.
        MQTT_URL: `mqtt://127.0.0.1:${port}`,
      },
    });
    await untilHealth(plant.url, inTrouble(/^database: outbox \d+ % full$/), 30_000);
    assert.doesNotMatch((await askHealth(plant.url)).troubles.join(), /secret|nobody/);
  });

  it('503 within 5 s of a critical signal being stale', async () => {
    const conditions = JSON.stringify([{ condition: 'stale', limit: '2', priority: 'critical' }]);
    const nodes = [
      inject({ repeat: '', once: true }, ['services-alarm']),
      { id: 'services-alarm', type: 'limit-alarm', ...place, name: '', conditions, wires: [[]] },
    ];
    const plant = await start({ flowsDir: flowsOf(...nodes) });
    const ms = await untilHealth(plant.url, inTrouble(/^alarms: test\/value is stale$/), 2000 + 5000);
    console.log(`      ${ms.toFixed(0)} ms after the start, with 2 s to be stale`);
  });

  it('503 once the connection to another broker has been down for a minute, not before', async () => {
    if (performance.now() - goneAt < LINK_DOWN_MS)
      assert.deepEqual((await askHealth(remote.url)).troubles, []);
    const left = goneAt + LINK_DOWN_MS - performance.now();
    await untilHealth(
      remote.url,
      inTrouble(/^mqtt: 1 of 1 connections to the broker have been down for \d+ s$/),
      left + 5000,
    );
  });
});
