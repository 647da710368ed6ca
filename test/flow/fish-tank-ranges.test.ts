import assert from 'node:assert/strict';
import { stopRuntime } from '../support/flow-run.ts';
import { startFishTank, type FishTank } from '../support/fish-tank.ts';

describe('fish tank: ranges', () => {
  after(stopRuntime);
  let tank: FishTank;
  beforeEach(async () => {
    tank = await startFishTank();
    await tank.step(60_000);
  });
  afterEach(() => tank.stop());

  const ranges = (id = 1): unknown => {
    const said = tank.published(`OLP/device/tank/${id}/ranges/all`);
    return JSON.parse(JSON.stringify(typeof said === 'string' ? JSON.parse(said) : (said ?? null)));
  };
  const standard = {
    temperature: { min: 24, max: 26 },
    ph: { min: 6.8, max: 7.1 },
    lux: { min: 100, max: 900 },
  };
  const set = (payload: object, id = 1) => tank.page('ranges', payload, { tank: `fish-tank/${id}` });
  const setpoint = (): unknown => {
    let found: unknown;
    const forget = tank.run.watch(({ from, port, msg }) => {
      if (from === 'fish-tank-control-heater-pid' && port === 1) found = Object(msg['payload'])['target'];
    });
    return tank.step(10_000).then(() => (forget(), found));
  };

  it('are told of every tank at the start', () => {
    for (const id of [1, 2, 3]) assert.deepEqual(ranges(id), standard);
  });

  it('are set on the page: published, and used by on-off and PID at once', async () => {
    assert.equal(tank.applied(1, 'heater'), true);
    await set({ temperature: { min: 20, max: 22 } });
    assert.deepEqual(ranges(), { ...standard, temperature: { min: 20, max: 22 } });
    assert.equal(tank.applied(1, 'heater'), false);
    assert.equal(await setpoint(), 21);
    await set({ ph: { min: 7.12, max: 7.18 } });
    await tank.step(60_000);
    assert.equal(tank.applied(1, 'pump'), true);
    await set({ lux: { min: 1, max: 5 } });
    await tank.step(10_000);
    assert.equal(tank.applied(1, 'light'), false);
  });

  it('of a tank that is not driven change no controller, until it is', async () => {
    await set({ temperature: { min: 20, max: 22 } }, 2);
    assert.deepEqual(ranges(2), { ...standard, temperature: { min: 20, max: 22 } });
    await tank.step(10_000);
    assert.deepEqual([tank.applied(1, 'heater'), await setpoint()], [true, 25]);
    await tank.page('choice', { target: 'fish-tank/2' });
    assert.equal(await setpoint(), 21);
    assert.equal(tank.applied(2, 'heater'), false);
  });

  it('are set by MQTT, and told again when asked for', async () => {
    await tank.mqtt(1, 'ranges/set', '{"temperature":{"min":20,"max":22}}');
    assert.deepEqual(ranges(), { ...standard, temperature: { min: 20, max: 22 } });
    assert.equal(tank.applied(1, 'heater'), false);
    let told = 0;
    tank.run.watch(({ from }) => {
      if (from === 'fish-tank-2/fish-tank-unit-ranges-topic') told++;
    });
    await tank.mqtt(2, 'ranges/get', '');
    assert.equal(told, 1);
    assert.deepEqual(ranges(2), standard);
  });

  it('are taken back from the broker at a start, but a replayed request is none', async () => {
    await tank.mqtt(1, 'ranges/set', '{"temperature":{"min":20,"max":22}}', { retain: true });
    assert.deepEqual(ranges(), standard);
    await tank.mqtt(1, 'ranges/all', '{"temperature":{"min":21,"max":23}}', { retain: true });
    assert.equal(await setpoint(), 22);
  });

  const refused: [string, string, RegExp][] = [
    ['min above max', '{"temperature":{"min":26,"max":24}}', /temperature.*min.*max/],
    ['min equal to max', '{"ph":{"min":7,"max":7}}', /ph.*min.*max/],
    ['out of bounds', '{"temperature":{"min":24,"max":99}}', /temperature\/max|40/],
    ['text for a number', '{"temperature":{"min":"24","max":26}}', /temperature\/min|number/],
    ['half a range', '{"temperature":{"min":24}}', /max/],
    ['an unknown quantity', '{"salt":{"min":1,"max":2}}', /additional/i],
    ['nothing', '{}', /fewer|propert/i],
    ['something that is no JSON', 'warm', /JSON|Unexpected/],
  ];
  for (const [name, payload, said] of refused)
    it(`refuse ${name}, by name, and nothing changes`, async () => {
      await tank.mqtt(1, 'ranges/set', payload);
      assert.match(String(tank.log()[0]?.text), said);
      assert.equal(tank.log()[0]?.kind, 'error');
      assert.deepEqual([ranges(), await setpoint(), tank.applied(1, 'heater')], [standard, 25, true]);
    });

  it('refuse the same on the page', async () => {
    await set({ temperature: { min: 26, max: 24 } });
    assert.equal(tank.log()[0]?.kind, 'error');
    assert.deepEqual([ranges(), await setpoint()], [standard, 25]);
  });
});
