import assert from 'node:assert/strict';
import { startFishTank, type FishTank } from '../support/fish-tank.ts';
import { stopRuntime, type FlowRunOptions } from '../support/flow-run.ts';

describe('fish tank: a real tank', () => {
  let tank: FishTank;
  /** whatever a simulated tank gives to others */
  let simulated: string[] = [];
  /** what goes to the relays */
  let relays: [unknown, unknown][] = [];
  const start = async (clocks: FlowRunOptions['clocks']): Promise<void> => {
    simulated = [];
    relays = [];
    tank = await startFishTank({
      environment: { PLANT_MODE: 'real', TANKS: '1' },
      ...(clocks ? { clocks } : {}),
      watcher({ from, msg }) {
        if (/unit-(sim-signals|sim-plant|sim-gate)$/.test(from)) simulated.push(from);
        if (from === 'fish-tank-1-real') relays.push([msg['topic'], msg['payload']]);
      },
    });
  };
  afterEach(() => tank.stop());
  after(stopRuntime);

  const sense = (item: string, payload: string) => tank.mqtt(1, `sensors/${item}`, payload);
  const all = (values: object) => sense('all', JSON.stringify({ lux: 500, ph: 7, ...values }));
  /** Samples every 10 s. */
  const measure = async (seconds: number, values: object): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += 10) {
      await all(values);
      await tank.step(10_000);
      await tank.elapse(10_000);
    }
  };

  it('runs on real time, which nobody can speed up', async () => {
    await start('host');
    const clock = tank.run.clock('fish-tank-clock');
    assert.equal(clock.mode, 'real');
    const before = clock.now();
    await tank.page('speed', 600);
    assert.match(String(tank.log()[0]?.text), /real clock/);
    await tank.elapse(10_000);
    assert.ok(Math.abs(clock.now() - before - 10_000) < 2);
  });

  it('hears nothing of the simulated tank', async () => {
    await start('stepped');
    await tank.step(600_000);
    assert.deepEqual(simulated, []);
    assert.equal(tank.applied(1, 'heater'), false);
    assert.equal(tank.published('OLP/device/tank/id/sensors/all'), undefined);
  });

  it('is controlled by the sensors on MQTT, and its commands go to the relays', async () => {
    await start('stepped');
    assert.deepEqual(
      [...new Map(relays as [string, unknown][])],
      [
        ['heater', false],
        ['light', false],
        ['pump', false],
      ],
    );
    await measure(60, { temperature: 20 });
    assert.equal(tank.applied(1, 'heater'), true);
    assert.deepEqual(relays.filter(([topic]) => topic === 'heater').at(-1), ['heater', true]);
    await measure(60, { temperature: 26.2 });
    assert.equal(tank.applied(1, 'heater'), false);
    assert.deepEqual(relays.filter(([topic]) => topic === 'heater').at(-1), ['heater', false]);
  });

  it('takes single topics and the old word for light; what another topic lacks is not missing', async () => {
    await start('stepped');
    for (let sample = 0; sample < 4; sample++) {
      await sense('temperature', '20');
      await sense('brightness', '50');
      await tank.step(10_000);
    }
    assert.deepEqual([tank.applied(1, 'heater'), tank.applied(1, 'light')], [true, true]);
    await sense('lux', '950');
    await tank.step(1000);
    assert.deepEqual([tank.applied(1, 'heater'), tank.applied(1, 'light')], [true, false]);
    assert.equal(tank.log().filter(({ kind }) => kind === 'error').length, 0);
  });

  it('goes off when the sensors fall silent, and stays off until three good samples', async () => {
    await start('stepped');
    await measure(60, { temperature: 20 });
    assert.equal(tank.applied(1, 'heater'), true);
    await tank.step(49_999);
    assert.equal(tank.applied(1, 'heater'), true);
    await tank.step(1);
    assert.equal(tank.applied(1, 'heater'), false);
    await measure(20, { temperature: 20 });
    assert.equal(tank.applied(1, 'heater'), false);
    await measure(40, { temperature: 20 });
    assert.equal(tank.applied(1, 'heater'), true);
  });

  const bad: [string, string, string, RegExp][] = [
    ['no JSON', 'all', 'warm', /sensors\/all: must be a JSON object/],
    [
      'text for a number',
      'all',
      '{"temperature":"20"}',
      /temperature of .*: must be a finite number, got "20"/,
    ],
    ['a broken sensor', 'all', '{"temperature":-127}', /temperature of .*: must be from -5 to 60, got -127/],
    [
      'a number with a tail',
      'temperature',
      '20 C',
      /sensors\/temperature: must be a finite number, got "20 C"/,
    ],
    ['not a number', 'temperature', 'nan', /must be a finite number, got "nan"/],
  ];
  for (const [name, item, payload, said] of bad)
    it(`${name} is named in the log, and turns the heater off`, async () => {
      await start('stepped');
      await measure(60, { temperature: 20 });
      await sense(item, payload);
      assert.ok(
        tank.log().some(({ kind, text }) => kind === 'error' && said.test(text)),
        JSON.stringify(tank.log()[0]),
      );
      assert.equal(tank.applied(1, 'heater'), false);
    });

  it('a topic nobody knows is named in the log, and changes nothing', async () => {
    await start('stepped');
    await measure(60, { temperature: 20 });
    await sense('salt', '3');
    assert.match(String(tank.log()[0]?.text), /no rule for .*sensors\/salt/);
    assert.equal(tank.applied(1, 'heater'), true);
  });
});
