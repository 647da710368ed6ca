import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRecord } from '../../nodes/lib/signal.ts';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { parse } from '../../nodes/tank-sim/config.ts';
import { advance, initialState, measurable } from '../../nodes/tank-sim/tank.ts';
import type { FlowNode } from '../../runtime/compose.ts';
import { mosquittoPub, mosquittoSub, needs } from '../support/mosquitto.ts';
import { openOperator, payloadOf, selected, signIn, type Operator } from '../support/operator.ts';
import { startPlant, type Plant } from '../support/server.ts';
import { near } from '../support/tank.ts';
import { listenOn, type Heard, type Wire } from '../support/wire.ts';

const TANK = 'OLP/device/tank/1';
const CONTROL = `${TANK}/control/all`;
const SENSORS = `${TANK}/sensors/all`;
const RANGES = `${TANK}/ranges`;
const DEFAULT_RANGES = {
  temperature: { min: 24, max: 26 },
  ph: { min: 6.8, max: 7.1 },
  lux: { min: 100, max: 900 },
};

const json = ({ text }: Heard): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const heater =
  (on: boolean) =>
  (heard: Heard): boolean =>
    json(heard)['heater'] === on;
/** The simulated tank of the shipped flow. */
const shippedTank = () => {
  const file = join(import.meta.dirname, '..', '..', 'flows', 'fish-tank.json');
  const node = (JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]).find(
    ({ id }) => id === 'fish-tank-unit-sim',
  );
  return parse({ ...node, seed: '1' }).tank;
};

describe('fish tank: a newcomer, by MQTT and on the pages', function () {
  this.timeout(90_000);
  let dataDir: string;
  let plant: Plant;
  let wire: Wire;
  let operator: Operator;
  let startedAt: number;

  before(async function () {
    needs(this, 'mosquitto_pub', 'mosquitto_sub');
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    startedAt = performance.now();
    plant = await startPlant({ dataDir });
    assert.equal(await plant.running, true, plant.output());
    wire = await listenOn(plant.mqttPort);
    operator = await openOperator(plant.url, plant.passwords()['operator']);
  });
  after(async () => {
    await wire?.end();
    assert.equal(await plant?.stop(), 0, plant?.output());
    rmSync(dataDir, { recursive: true });
  });

  it('answers within 10 s, on its pages and in the editor', async () => {
    const headers = await signIn(plant.url, 'viewer', plant.passwords()['viewer']);
    const [dashboard, editor] = await Promise.all([
      fetch(`${plant.url}/dashboard/fish-tank`, { headers }),
      fetch(`${plant.url}/admin/`),
    ]);
    assert.deepEqual([dashboard.status, editor.status], [200, 200]);
    const seconds = (performance.now() - startedAt) / 1000;
    assert.ok(seconds < 10, `${seconds} s`);
    console.log(`      pages and editor after ${seconds.toFixed(1)} s`);
  });

  it('gives a retained record at once, to Mosquitto’s own client', async () => {
    await wire.until(SENSORS, undefined, 0);
    const [line = ''] = await mosquittoSub(plant.mqttPort, SENSORS);
    console.log(`      ${line}`);
    const [, record = ''] = /^1 OLP\/device\/tank\/1\/sensors\/all (.*)$/.exec(line) ?? [];
    const { timestamp, ...values } = JSON.parse(record) as Record<string, unknown>;
    assert.deepEqual(Object.keys(values), [
      'temperature',
      'lux',
      'humidity',
      'ambient_temperature',
      'ph',
      'level',
    ]);
    for (const value of Object.values(values)) assert.equal(typeof value, 'number');
    assert.match(String(timestamp), /^2000-01-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('tells every tank’s values, control data, ranges and status, all retained', async () => {
    const topics = ['temperature', 'lux', 'humidity', 'ambient_temperature', 'ph', 'level'].map(
      (quantity) => `sensors/${quantity}`,
    );
    const all = [...topics, 'sensors/all', 'control/all', 'ranges/all', 'status'].concat(
      ['heater', 'light', 'pump'].map((actuator) => `control/${actuator}`),
    );
    for (const tank of ['1', '2', '3']) {
      for (const topic of all) await wire.until(`OLP/device/tank/${tank}/${topic}`, undefined, 0);
      const reader = await listenOn(plant.mqttPort, { filter: `OLP/device/tank/${tank}/#` });
      for (const topic of all)
        await reader.until(`OLP/device/tank/${tank}/${topic}`, ({ retained }) => retained, 0);
      assert.equal(reader.of(`OLP/device/tank/${tank}/status`)[0]?.text, 'online');
      await reader.end();
    }
  });

  it('heats along the exact model in external mode, and is off 30 s after the last message', async () => {
    const tank = shippedTank();
    const off = wire.until(CONTROL, heater(false), 0);
    await operator.act('mode', 'off');
    await off;
    await operator.act('mode', 'external');
    // The water is to be at rest: no heat on its way from the heater to the probe.
    const restMs = 1000 * (tank.parameters.deadTimeSeconds + 5 * tank.parameters.stillLagSeconds);
    const before = await operator.model((model) => {
      const { payload, timestamp } = model['fish-tank/1/plant'] ?? {};
      const offFor = Number(timestamp) - Number(payloadOf(model, 'fish-tank/1/heater')['since']);
      return (
        selected(model) === 'external' && isRecord(payload) && payload['heater'] === 0 && offFor > restMs
      );
    });
    const start = Number(before['fish-tank/1/plant']?.['timestamp']);
    const water = Number(payloadOf(before, 'fish-tank/1/plant')['temperature']);

    const from = wire.heard.length;
    const published = performance.now();
    await mosquittoPub(plant.mqttPort, '-t', CONTROL, '-m', '{"heater":true}');
    const on = await wire.until(CONTROL, ({ text }) => text.includes('"heater":true,"light"'), from);
    await wire.until(`${TANK}/control/heater`, ({ text }) => text === 'True', from);
    const during = await operator.model((model) => payloadOf(model, 'fish-tank/1/plant')['heater'] === 100);
    const onAt = Number(payloadOf(during, 'fish-tank/1/heater')['since']);
    const gone = await wire.until(CONTROL, heater(false), from);
    const seconds = (gone.at - published) / 1000;
    console.log(
      `      heater on after ${(on.at - published).toFixed(0)} ms, off after ${seconds.toFixed(2)} s of wall time`,
    );
    assert.ok(seconds > 29 && seconds < 33, `off after ${seconds} s`);
    await wire.until(`${TANK}/control/heater`, ({ text }) => text === 'False', from);
    const after = await operator.model((model) => payloadOf(model, 'fish-tank/1/plant')['heater'] === 0);
    const offAt = Number(payloadOf(after, 'fish-tank/1/heater')['since']);

    const state = initialState(tank, start);
    state.temperature = state.probe = water;
    obey(tank, state, readCommand('heater', true), onAt);
    const differences: number[] = [];
    for (const record of wire.of(SENSORS, from).map(json)) {
      const time = Date.parse(String(record['timestamp']));
      if (time < state.timeMs || time > offAt) continue;
      advance(tank, state, time);
      differences.push(Number(record['temperature']) - measurable(tank, state).temperature);
    }
    const { noise, quantum } = tank.parameters;
    const worst = Math.max(...differences.map(Math.abs));
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    console.log(
      `      ${water.toFixed(3)} to ${state.temperature.toFixed(3)} degC; ${differences.length} published values differ from the model by ${mean.toFixed(4)} in the mean, ${worst.toFixed(3)} at most (noise ${noise})`,
    );
    assert.ok(differences.length > 40, `${differences.length} values`);
    assert.ok(state.temperature - water > 0.6, 'it has become warmer');
    near(worst, 0, 5 * noise + quantum, 'the worst value');
    near(mean, 0, (5 * noise) / Math.sqrt(differences.length) + quantum / 2, 'the mean');

    const end = Number(after['fish-tank/1/plant']?.['timestamp']);
    obey(tank, state, readCommand('heater', false), offAt);
    advance(tank, state, end);
    const truth = Number(payloadOf(after, 'fish-tank/1/plant')['temperature']);
    console.log(
      `      the water itself: ${truth.toFixed(6)}, by the model ${state.temperature.toFixed(6)} degC`,
    );
    near(truth, state.temperature, 1e-3, 'the water');
  });

  it('keeps to malformed messages by changing nothing, and names them', async () => {
    const from = wire.heard.length;
    for (const text of ['{"heater":"perhaps"}', '{"heater":true', '[]', 'null', ''])
      await mosquittoPub(plant.mqttPort, '-t', CONTROL, '-m', text);
    await mosquittoPub(plant.mqttPort, '-t', `${TANK}/control/heater`, '-m', 'yes please');
    const model = await operator.model((found) => JSON.stringify(found['log']).includes('yes please'));
    assert.match(JSON.stringify(model['log']), /perhaps/);
    assert.equal(payloadOf(model, 'fish-tank/1/plant')['heater'], 0);
    assert.ok(!wire.of(CONTROL, from).some(({ text }) => text.includes('"heater":true,')));
  });

  describe('ranges', () => {
    const publish = (word: string, text: string): Promise<void> =>
      mosquittoPub(plant.mqttPort, '-t', `${RANGES}/${word}`, '-m', text);
    const retained = async (): Promise<unknown> => {
      const [line = ''] = await mosquittoSub(plant.mqttPort, `${RANGES}/all`);
      assert.match(line, /^1 /);
      return JSON.parse(line.replace(/^1 \S+ /, ''));
    };

    it('are what they were made, then what a client asks for', async () => {
      assert.deepEqual(await retained(), DEFAULT_RANGES);
      const all = wire.until(`${RANGES}/all`);
      await publish('set', '{"temperature":{"min":21,"max":22.5}}');
      const wanted = { ...DEFAULT_RANGES, temperature: { min: 21, max: 22.5 } };
      assert.deepEqual(json(await all), wanted);
      assert.deepEqual(await retained(), wanted);
    });

    it('do not change by what makes no sense', async () => {
      const before = await retained();
      const from = wire.heard.length;
      for (const text of [
        '{"temperature":{"min":26,"max":24}}',
        '{"temperature":{"min":"24","max":26}}',
        '{"temperature":{"min":24}}',
        '{"temperature":{"min":24,"max":1e9}}',
        '{"salt":{"min":1,"max":2}}',
        '{"temperature":',
        '{}',
        '7',
      ])
        await publish('set', text);
      const model = await operator.model((found) =>
        JSON.stringify(found['log']).includes('data must be object'),
      );
      const log = JSON.stringify(model['log']);
      for (const named of ['min must be below max', 'min must be number', "required property 'max'", '<= 40'])
        assert.ok(log.includes(named), named);
      assert.deepEqual(await retained(), before);
      assert.deepEqual(wire.of(`${RANGES}/all`, from), []);
    });

    it('are said again to whoever asks', async () => {
      const before = await retained();
      const all = wire.until(`${RANGES}/all`);
      await publish('get', '');
      assert.deepEqual(json(await all), before);
    });
  });

  describe('roles', () => {
    const refused = (attempt: Promise<unknown>): Promise<void> => assert.rejects(attempt);
    const keys = (): { service: { name: string; password: string } } =>
      JSON.parse(readFileSync(join(dataDir, 'secrets', 'keys.json'), 'utf8')) as ReturnType<typeof keys>;

    it('lets strangers of this machine and the user device use OLP/device, and nothing else', async () => {
      const { device = '' } = plant.passwords();
      for (const login of [[], ['-u', 'device', '-P', device]]) {
        await mosquittoPub(plant.mqttPort, ...login, '-t', 'OLP/device/tank/9/status', '-m', 'here');
        const [line] = await mosquittoSub(plant.mqttPort, SENSORS, { args: login });
        assert.match(line ?? '', /^1 /);
        for (const topic of ['pilot-plant/#', '#', '$SYS/#', 'OLP/#'])
          await refused(mosquittoSub(plant.mqttPort, topic, { args: login }));
        for (const topic of ['pilot-plant/fish-tank/choice', 'OLP/other', '$SYS/x'])
          await refused(mosquittoPub(plant.mqttPort, ...login, '-r', '-t', topic, '-m', 'mine'));
      }
      for (const [name, password] of [
        ['device', 'wrong'],
        ['nobody', device],
      ] as const)
        await refused(
          mosquittoPub(plant.mqttPort, '-u', name, '-P', password, '-t', 'OLP/device/x', '-m', '1'),
        );
    });

    it('keeps what is the plant’s own to the plant', async () => {
      await operator.act('choice', { follow: 'fish-tank/2' });
      await operator.model((model) => payloadOf(model, 'choice')['follow'] === 'fish-tank/2');
      const { name, password } = keys().service;
      const args = ['-u', name, '-P', password];
      const [line] = await mosquittoSub(plant.mqttPort, 'pilot-plant/fish-tank/choice', { args });
      const choice = '{"source":"fish-tank/1","target":"fish-tank/1","follow":"fish-tank/2"}';
      assert.equal(line, `1 pilot-plant/fish-tank/choice ${choice}`);
    });
  });
});
