import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { freePort, startPlant, type Plant, type PlantOptions } from '../support/server.ts';

const flowsDir = join(import.meta.dirname, '..', 'support', 'flows');

describe('npm start', function () {
  this.timeout(60_000);
  let dataDir: string;
  const plants: Plant[] = [];
  const start = async (options: Partial<PlantOptions> = {}): Promise<Plant> => {
    const plant = await startPlant({ dataDir, flowsDir, ...options });
    plants.push(plant);
    return plant;
  };
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
  });
  afterEach(async () => {
    await Promise.all(plants.splice(0).map((plant) => plant.stop('SIGKILL')));
    rmSync(dataDir, { recursive: true });
  });

  it('shows where everything is, the passwords once, and ends cleanly on SIGTERM', async () => {
    const first = await start();
    assert.equal(await first.running, true, first.output());
    for (const line of [
      `  Dashboard   ${first.url}/dashboard`,
      `  Editor      ${first.url}/admin`,
      `  MQTT        mqtt://127.0.0.1:${first.mqttPort}`,
      `  Data        ${dataDir}`,
    ])
      assert.ok(first.output().includes(line), line);
    const passwords = first.passwords();
    assert.deepEqual(Object.keys(passwords), ['admin', 'operator', 'viewer', 'device']);
    assert.equal((await fetch(`${first.url}/healthz`)).status, 200);

    const client = await connectAsync(`mqtt://127.0.0.1:${first.mqttPort}`, { reconnectPeriod: 0 });
    const messages: string[] = [];
    const online = new Promise<void>((resolve) =>
      client.on('message', (_topic, payload) => {
        messages.push(payload.toString());
        resolve();
      }),
    );
    await client.subscribeAsync('OLP/device/status', { qos: 1 });
    await online;
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    assert.equal(await first.stop(), 0, first.output());
    await closed;
    assert.deepEqual(messages, ['online', 'closed'], 'the flows spoke before the broker went');

    const second = await start();
    assert.equal(await second.running, true, second.output());
    assert.deepEqual(second.passwords(), {});
    for (const password of Object.values(passwords)) assert.ok(!second.output().includes(password));
    assert.equal(await second.stop('SIGINT'), 0);
  });

  it('keeps everything it writes to its owner, and no password in clear', async () => {
    const plant = await start();
    assert.equal(await plant.running, true, plant.output());
    const passwords = Object.values(plant.passwords());
    await plant.stop();
    for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const mode = statSync(path).mode & 0o777;
      assert.equal(mode, entry.isDirectory() ? 0o700 : 0o600, path);
      if (entry.isFile())
        for (const password of passwords) assert.ok(!readFileSync(path, 'utf8').includes(password), path);
    }
  });

  const refused = async (options: Partial<PlantOptions>, code: number, line: string): Promise<void> => {
    const plant = await start(options);
    assert.equal(await plant.exited, code, plant.output());
    assert.equal(plant.output(), `Pilot Plant: ${line}\n`);
  };

  it('says in one line which value it cannot use, from the real start.ts', async () => {
    const plant = await startPlant({ dataDir, env: { PORT: 'abc' } });
    plants.push(plant);
    assert.equal(await plant.exited, 1);
    assert.equal(plant.output(), 'Pilot Plant: PORT: must be a whole number from 1 to 65535, got "abc"\n');
    assert.deepEqual(readdirSync(dataDir), []);
  });

  for (const variable of ['PORT', 'MQTT_PORT'] as const)
    it(`says in one line that ${variable} is taken, before anything else has started`, async () => {
      const port = await freePort();
      const other = createServer().listen(port, '127.0.0.1');
      await once(other, 'listening');
      try {
        const line = `${variable}: port ${port} on 127.0.0.1 is taken by another program`;
        await refused({ env: { [variable]: String(port) } }, 1, line);
        assert.deepEqual(readdirSync(dataDir), ['lock.sqlite']);
      } finally {
        other.close();
      }
    });

  it('says in one line that the data folder is in use, and takes it over from a dead process', async () => {
    const first = await start();
    assert.equal(await first.running, true, first.output());
    await refused(
      {},
      1,
      `DATA_DIR: ${dataDir} is in use by another Pilot Plant (process ${first.child.pid})`,
    );
    await first.stop('SIGKILL');
    const second = await start();
    assert.equal(await second.running, true, second.output());
  });

  it('refuses a credentialSecret that is wrong or lost, with exit 78', async () => {
    const first = await start();
    assert.equal(await first.running, true, first.output());
    await first.stop();
    const credentials = join(dataDir, 'flows_cred.json');
    const before = readFileSync(credentials, 'utf8');
    await refused(
      { env: { NODE_RED_CREDENTIAL_SECRET: 'wrong' } },
      78,
      `NODE_RED_CREDENTIAL_SECRET: the secret does not open ${credentials}`,
    );
    rmSync(join(dataDir, 'secrets', 'keys.json'));
    await refused(
      {},
      78,
      `${credentials}: its credentialSecret is lost; put secrets/keys.json back or set NODE_RED_CREDENTIAL_SECRET, or make a fresh start with npm run reset`,
    );
    assert.equal(existsSync(join(dataDir, 'secrets', 'keys.json')), false);
    assert.equal(readFileSync(credentials, 'utf8'), before);
  });

  it('puts the flows aside at a reset, and makes fresh ones after it', async () => {
    const reset = (): string =>
      execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
        env: { DATA_DIR: dataDir },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const script = join(import.meta.dirname, '..', '..', 'runtime', 'reset.ts');
    const flows = join(dataDir, 'flows.json');
    const first = await start();
    assert.equal(await first.running, true, first.output());
    assert.throws(reset, /is in use by another Pilot Plant/);
    await first.stop();
    const shipped = readFileSync(flows, 'utf8');
    writeFileSync(flows, '[]');
    const copy = /kept in (.+)\.\n/.exec(reset())?.[1] ?? '';
    assert.equal(existsSync(flows), false);
    assert.deepEqual(readdirSync(copy).sort(), ['flows-origin.json', 'flows.json', 'flows_cred.json']);
    assert.equal(readFileSync(join(copy, 'flows.json'), 'utf8'), '[]');
    const second = await start();
    assert.equal(await second.running, true, second.output());
    assert.equal(readFileSync(flows, 'utf8'), shipped);
    assert.deepEqual(second.passwords(), {}, 'the users stay');
  });

  it('never overwrites flows, says what is shipped now, and refuses broken ones', async () => {
    const shipped = mkdtempSync(join(tmpdir(), 'pilot-plant-flows-'));
    const empty =
      '[\n    {\n        "id": "services-tab",\n        "type": "tab",\n        "info": ""\n    }\n]';
    writeFileSync(join(shipped, 'services.json'), empty);
    try {
      const first = await start({ flowsDir: shipped });
      assert.equal(await first.running, true, first.output());
      await first.stop();
      const flows = join(dataDir, 'flows.json');
      assert.equal(readFileSync(flows, 'utf8'), empty, 'written as Node-RED would');

      writeFileSync(join(shipped, 'services.json'), empty.replace('""', '"new"'));
      writeFileSync(join(shipped, 'power.json'), '[]');
      const second = await start({ flowsDir: shipped });
      assert.equal(await second.running, true, second.output());
      assert.match(
        second.output(),
        /Your flows are kept\. power: not in your flows; services: shipped in a newer version\./,
      );
      await second.stop();
      assert.equal(readFileSync(flows, 'utf8'), empty);

      await refused(
        { flowsDir: shipped, env: { PLANTS: 'fermenter' } },
        1,
        'PLANTS: must be of power, got "fermenter"',
      );
      truncateSync(flows, 20);
      await refused({ flowsDir: shipped }, 1, `${flows}: is no JSON`);
    } finally {
      rmSync(shipped, { recursive: true });
    }
  });
});
