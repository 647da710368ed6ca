import assert from 'node:assert/strict';
import { stopRuntime } from '../support/flow-run.ts';
import { startFishTank, type Action, type FishTank, type TankId } from '../support/fish-tank.ts';

const actuators = ['heater', 'light', 'pump'] as const;

describe('fish tank: take-over', () => {
  after(stopRuntime);
  let tank: FishTank;
  /** every command on its way to a tank since the last call */
  let sent: { tank: unknown; topic: unknown; payload: unknown }[] = [];
  const taken = () => sent.splice(0);
  const choose = (choice: object) => tank.page('choice', choice);
  const of = (id: TankId) => (action: Action) => action[1] === id;
  const cold = async (id: TankId) => {
    await tank.set({ temperature: 23 }, id);
    await tank.step(60_000);
  };

  beforeEach(async () => {
    sent = [];
    tank = await startFishTank({
      watcher({ from, msg }) {
        const [, id] = /^fish-tank-control-route-(\d)$/.exec(from) ?? [];
        const command = actuators.some((name) => name === msg['topic']);
        if (id !== undefined && command)
          sent.push({ tank: id, topic: msg['topic'], payload: msg['payload'] });
      },
    });
    await tank.step(60_000);
    tank.actions();
    taken();
  });
  afterEach(() => tank.stop());

  it('begins with tank 1 measured and driven, and followed by tank 3', () => {
    assert.deepEqual(tank.choice(), { source: 'fish-tank/1', target: 'fish-tank/1', follow: 'fish-tank/1' });
    assert.deepEqual([tank.applied(1, 'heater'), tank.applied(2, 'heater')], [true, false]);
    for (const name of actuators) assert.equal(tank.applied(3, name), tank.applied(1, name));
  });

  it('turns the old tank off at once, and drives the new one', async () => {
    const now = tank.seconds();
    await choose({ target: 'fish-tank/2' });
    const off = tank.actions().filter(of(1));
    assert.ok(off.some(([, , name]) => name === 'heater'));
    assert.ok(off.every(([seconds, , , on]) => seconds === now && on === false));
    for (const name of actuators) assert.equal(tank.applied(1, name), false);
    await tank.step(20_000);
    assert.equal(tank.applied(2, 'heater'), true);
    const line = tank.log().find(({ text }) => text.includes('tank 2'));
    assert.equal(line?.user, 'operator');
  });

  it('sends commands to exactly one tank', async () => {
    await choose({ target: 'fish-tank/2' });
    const atOnce = taken().map(({ tank: id, payload }) => [id, payload]);
    assert.deepEqual(atOnce.slice(0, 3), Array(3).fill(['1', false]));
    assert.ok(atOnce.slice(3).every(([id]) => id === '2'));
    await tank.step(1_800_000);
    assert.deepEqual([...new Set(taken().map(({ tank: id }) => id))], ['2']);
    assert.equal(tank.applied(1, 'heater'), false);
    await choose({ target: 'fish-tank/1' });
    await tank.step(600_000);
    const after = taken();
    assert.deepEqual(
      after.filter(({ tank: id }) => id === '2').map(({ payload }) => payload),
      [false, false, false],
    );
    assert.equal(tank.applied(2, 'heater'), false);
  });

  it('controls by the measured tank, whichever is driven', async () => {
    await choose({ source: 'fish-tank/2', target: 'fish-tank/1' });
    await tank.set({ temperature: 28 }, 2);
    await tank.step(60_000);
    assert.equal(tank.applied(1, 'heater'), false);
    await cold(2);
    assert.equal(tank.applied(1, 'heater'), true);
    await tank.page('fault', { kind: 'missing', quantity: 'temperature' }, { tank: 'fish-tank/2' });
    await tank.step(10_000);
    assert.equal(tank.applied(1, 'heater'), false);
  });

  it('lets tank 3 follow another tank, in every switch', async () => {
    await choose({ target: 'fish-tank/2', follow: 'fish-tank/2' });
    await tank.step(60_000);
    tank.actions();
    for (const temperature of [28, 23, 28]) {
      await tank.set({ temperature }, 1);
      await tank.step(60_000);
    }
    const actions = tank.actions();
    const edges = (id: TankId) => actions.filter(of(id)).map(([seconds, , name, on]) => [seconds, name, on]);
    assert.ok(edges(2).length >= 3);
    assert.deepEqual(edges(3), edges(2));
  });

  it('drives tank 3 itself where that is chosen, and then it follows nobody', async () => {
    await choose({ target: 'fish-tank/3' });
    assert.equal(tank.applied(1, 'heater'), false);
    await tank.step(30_000);
    assert.deepEqual([tank.applied(3, 'heater'), tank.applied(1, 'heater')], [true, false]);
    await tank.step(600_000);
    assert.equal(tank.applied(3, 'heater'), true, 'the control data of tank 1 say off');
    await choose({ target: 'fish-tank/1' });
    assert.equal(tank.applied(3, 'heater'), false);
  });

  it('is bumpless with PID, over a change of source and of target', async () => {
    await tank.set({ temperature: 24.9 }, 1);
    await tank.set({ temperature: 24.4 }, 2);
    await tank.page('mode', 'manual');
    await tank.page('manual/heater', 20);
    await tank.page('mode', 'pid');
    await tank.step(300_000);
    for (const choice of [{ source: 'fish-tank/2' }, { target: 'fish-tank/2' }, { source: 'fish-tank/1' }]) {
      const before = Number(tank.owner('heater')['payload']);
      tank.commands('heater');
      await choose(choice);
      await tank.step(10_000);
      const [next] = tank.commands('heater').map(({ payload }) => Number(payload));
      assert.ok(
        Math.abs(Number(next) - before) < 1,
        `${JSON.stringify(choice)}: ${before} % became ${next} %`,
      );
      await tank.step(60_000);
    }
  });

  it('refuses a tank that does not exist, by name, and nothing changes', async () => {
    const before = tank.choice();
    await choose({ target: 'fish-tank/9' });
    assert.equal(tank.log()[0]?.kind, 'error');
    assert.deepEqual(tank.choice(), before);
    await tank.step(10_000);
    assert.equal(tank.applied(1, 'heater'), true);
  });

  it('takes a kept choice back at a start, and no other one from the broker', async () => {
    const topic = 'pilot-plant/fish-tank/choice';
    const kept = (payload: string, retain: boolean) =>
      tank.say('fish-tank-control-choice-kept', { topic, payload, qos: 1, retain });
    await kept('{"target":"fish-tank/2"}', false);
    assert.equal(tank.choice()['target'], 'fish-tank/1');
    await kept('{"target":"fish-tank/2"}', true);
    assert.equal(tank.choice()['target'], 'fish-tank/2');
  });
});
