import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployAll, heaterIn, openOperator, payloadOf, selected } from '../support/operator.ts';
import { freePort, startPlant, type Plant } from '../support/server.ts';
import { listenOn, type Heard, type Wire } from '../support/wire.ts';

const TANK = 'OLP/device/tank/1';
const CONTROL = `${TANK}/control/all`;
const HEATER = `${TANK}/control/heater`;
/** The heater's three good samples take wall time that a test can look into. */
const SPEED = 10;

const on = ({ text }: Heard): boolean => text.includes('"heater":true');
const off = ({ text }: Heard): boolean => text.includes('"heater":false');

describe('fish tank: killed, stopped and deployed while it heats', function () {
  this.timeout(60_000);
  let dataDir: string;
  let env: Record<string, string>;
  let plant: Plant;
  let wire: Wire;
  let passwords: Readonly<Record<string, string>>;
  const tell = (text: string): void => console.log(`      ${text}`);
  const ms = (from: number, to: number): string => `${(to - from).toFixed(0)} ms`;

  const start = async (): Promise<void> => {
    plant = await startPlant({ dataDir, env });
  };
  /** It heats, and has done so for longer than a controller may take to write its state down: a second. */
  const heating = async (): Promise<void> => {
    if (off(wire.of(CONTROL).at(-1) ?? (await wire.until(CONTROL)))) await wire.until(CONTROL, on);
    for (let sample = 0; sample < 2; sample++) await wire.until(`${TANK}/sensors/all`);
  };

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    env = { PORT: String(await freePort()), MQTT_PORT: String(await freePort()) };
    await start();
    assert.equal(await plant.running, true, plant.output());
    passwords = plant.passwords();
    wire = await listenOn(plant.mqttPort);
    await wire.until(`${TANK}/ranges/all`, undefined, 0);
    const operator = await openOperator(plant.url, passwords['operator']);
    // The PID controller takes over a heater that is on, so it begins with 100 %.
    await wire.until(CONTROL, on, 0);
    await operator.act('mode', 'pid');
    await operator.act('speed', SPEED);
    await operator.act('ranges', { temperature: { min: 24.5, max: 27 } }, { tank: 'fish-tank/1' });
    await wire.until(`${TANK}/ranges/all`, ({ text }) => text.includes('24.5'), 0);
    await operator.model(
      (model) => selected(model) === 'pid' && payloadOf(model, 'clock')['speed'] === SPEED,
    );
  });
  after(async () => {
    await wire?.end();
    await plant?.stop();
    rmSync(dataDir, { recursive: true });
  });

  /** What a restart after `from` has to show to a client that was there from the first moment. */
  const comesBack = async (from: number, restarted: number): Promise<void> => {
    const first = await wire.until(CONTROL, ({ retained }) => retained, from);
    const start = wire.heard.indexOf(first);
    assert.ok(off(first), `the first that anybody reads: ${first.text}`);
    const single = await wire.until(HEATER, ({ retained }) => retained, from);
    assert.equal(single.text, 'False');
    const sensors = await wire.until(`${TANK}/sensors/all`, ({ retained }) => retained, from);
    await wire.until(`${TANK}/ranges/all`, ({ retained }) => retained, from);
    assert.equal(await plant.running, true, plant.output());

    const operator = await openOperator(plant.url, passwords['operator']);
    const cold = await operator.model(
      (model) => payloadOf(model, 'fish-tank/1/heater')['reason'] !== undefined,
    );
    assert.equal(heaterIn(cold), 0, 'the simulated heater is off first');
    assert.match(
      String(payloadOf(cold, 'fish-tank/1/heater')['reason']),
      /^(hold-off|waiting for good samples|starting|no command)$/,
    );
    assert.ok(!wire.of(CONTROL, start).some(on), 'nobody has switched it on yet');

    const again = await wire.until(CONTROL, on, start);
    await wire.until(HEATER, ({ text }) => text === 'True', start);
    const warm = await operator.model((model) => heaterIn(model) === 100);
    assert.equal(selected(warm), 'pid', 'the choice of control');
    assert.equal(payloadOf(warm, 'clock')['speed'], SPEED, 'the speed');
    assert.deepEqual(
      payloadOf(warm, 'fish-tank/1/ranges')['temperature'],
      { min: 24.5, max: 27 },
      'the ranges',
    );
    assert.match(wire.of(`${TANK}/ranges/all`).at(-1)?.text ?? '', /"min":24.5,"max":27/);
    tell(
      `after the restart: retained ${first.text} read after ${ms(restarted, first.at)}, heating again after ${ms(restarted, again.at)}; ${sensors.text.slice(0, 40)}...`,
    );
  };

  it('kill -9: off is what the first client reads after the restart', async () => {
    await heating();
    const from = wire.heard.length;
    await plant.stop('SIGKILL');
    const restarted = performance.now();
    await start();
    await comesBack(from, restarted);
  });

  it('SIGTERM: off before the broker goes, and after the restart', async () => {
    await heating();
    const from = wire.heard.length;
    const asked = performance.now();
    const exit = plant.stop();
    const gone = await wire.until(CONTROL, off, from);
    const single = await wire.until(HEATER, ({ text }) => text === 'False', from);
    const status = await wire.until(`${TANK}/status`, ({ text }) => text === 'offline', from);
    assert.equal(await exit, 0);
    tell(
      `SIGTERM: off after ${ms(asked, gone.at)} (heater ${ms(asked, single.at)}), offline after ${ms(asked, status.at)}, ended after ${ms(asked, performance.now())}`,
    );
    const end = wire.heard.length;
    const restarted = performance.now();
    await start();
    await comesBack(end, restarted);
  });

  it('a full deploy: off, then the hold-off, then control goes on, and no client is disconnected', async () => {
    await heating();
    let lost = 0;
    wire.client.on('close', () => lost++);
    const from = wire.heard.length;
    const asked = performance.now();
    await deployAll(plant.url, passwords['admin']);
    const gone = await wire.until(CONTROL, off, from);
    const single = await wire.until(HEATER, ({ text }) => text === 'False', from);
    const again = await wire.until(CONTROL, on, wire.heard.indexOf(gone));
    const operator = await openOperator(plant.url, passwords['operator']);
    const warm = await operator.model((model) => heaterIn(model) === 100);
    assert.equal(selected(warm), 'pid');
    assert.deepEqual(payloadOf(warm, 'fish-tank/1/ranges')['temperature'], { min: 24.5, max: 27 });
    tell(
      `full deploy: off after ${ms(asked, gone.at)} (heater ${ms(asked, single.at)}), heating again after ${ms(asked, again.at)}`,
    );
    const offFor = again.at - gone.at;
    assert.ok(offFor > (10 / SPEED) * 1000, `off for ${offFor} ms: the hold-off of 10 s of process time`);
    const states = wire.of(`${TANK}/status`, from).map(({ text }) => text);
    assert.deepEqual(states, ['offline', 'online']);
    assert.equal(lost, 0);
  });
});
