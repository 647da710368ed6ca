import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inTrouble, isWell, untilHealth } from '../support/healthz.ts';
import { deployAll, openOperator, selected, type Operator } from '../support/operator.ts';
import { startPlant, type Plant } from '../support/server.ts';
import { smallDisk, type SmallDisk } from '../support/small-disk.ts';
import { listenOn, type Heard, type Wire } from '../support/wire.ts';

const CONTROL = 'OLP/device/tank/1/control/all';
const SENSORS = 'OLP/device/tank/1/sensors/all';
const CONFIG = [
  'flows.json',
  'flows_cred.json',
  'flows-origin.json',
  'secrets/keys.json',
  'secrets/users.json',
];

describe('a full disk (R11)', function () {
  this.timeout(120_000);
  let disk: SmallDisk;
  let plant: Plant;
  let wire: Wire;
  let operator: Operator;

  before(async function () {
    disk = smallDisk(this, 64);
    plant = await startPlant({ dataDir: disk.folder });
    assert.equal(await plant.running, true, plant.output());
    wire = await listenOn(plant.mqttPort);
    operator = await openOperator(plant.url, plant.passwords()['operator']);
    await untilHealth(plant.url, isWell, 20_000);
  });
  after(async () => {
    await wire?.end();
    await plant?.stop('SIGKILL');
    disk?.remove();
  });

  const config = (): string[] => CONFIG.map((name) => readFileSync(join(disk.folder, name), 'utf8'));
  const heater =
    (on: boolean) =>
    ({ text }: Heard): boolean =>
      text.includes(`"heater":${on},"light"`);
  /** A program outside asks for the heater; how long until it is told to be so, ms. */
  const drive = async (on: boolean): Promise<number> => {
    const from = performance.now();
    const told = wire.until(CONTROL, heater(on));
    await wire.client.publishAsync(CONTROL, JSON.stringify({ heater: on }), { qos: 1 });
    await told;
    return performance.now() - from;
  };

  it('the heater is driven, the plant says it is degraded, and is well again when there is room', async () => {
    await operator.act('mode', 'external');
    await operator.model((model) => selected(model) === 'external');
    await drive(true);
    await drive(false);
    const before = config();

    disk.fill();
    assert.ok(disk.free() < 4096, `${disk.free()} bytes are left`);
    const degraded = await untilHealth(plant.url, inTrouble(/^disk: only \d(\.\d)? % of the disk is free$/));

    const delays: number[] = [];
    for (let round = 0; round < 10; round++) delays.push(await drive(round % 2 === 0));
    const from = wire.heard.length;
    await wire.until(SENSORS, undefined, from);
    // Nobody's choice is lost, although it cannot be written.
    await operator.act('mode', 'off');
    await operator.model((model) => selected(model) === 'off');
    await wire.until(CONTROL, heater(false));
    await operator.act('mode', 'external');
    await operator.model((model) => selected(model) === 'external');
    await drive(true);
    // A deploy cannot be saved, and destroys nothing.
    await assert.rejects(deployAll(plant.url, plant.passwords()['admin']), /the deploy/);
    await drive(false);
    assert.deepEqual(config(), before, 'no file has changed');
    assert.ok(disk.free() < 1_000_000);

    disk.empty();
    const well = await untilHealth(plant.url, isWell, 10_000);
    await drive(false);
    assert.deepEqual(config(), before);
    console.log(
      `      degraded after ${degraded.toFixed(0)} ms, commands in at most ${Math.max(...delays).toFixed(0)} ms, well again after ${well.toFixed(0)} ms`,
    );

    assert.equal(await plant.stop(), 0, plant.output());
    assert.deepEqual(config(), before);
    const databases = readdirSync(disk.folder).filter((name) => /^(state|history)\.sqlite$/.test(name));
    assert.ok(databases.includes('state.sqlite'));
    for (const name of databases) {
      const database = new DatabaseSync(join(disk.folder, name));
      assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok', name);
      database.close();
    }
    assert.equal(existsSync(join(disk.folder, 'ballast')), false, 'no ballast on so small a disk');

    plant = await startPlant({
      dataDir: disk.folder,
      env: { PORT: String(plant.port), MQTT_PORT: String(plant.mqttPort) },
    });
    assert.equal(await plant.running, true, plant.output());
    await untilHealth(plant.url, isWell, 20_000);
  });
});
