import assert from 'node:assert/strict';
import { stopRuntime } from '../support/flow-run.ts';
import { startFishTank, type FishTank } from '../support/fish-tank.ts';

/** The log without its times, newest first. */
const said = (tank: FishTank, count: number) =>
  tank
    .log()
    .slice(0, count)
    .map(({ text, kind, user }) => ({ text, kind, user: user ?? null }));

describe('fish tank: control', () => {
  after(stopRuntime);

  describe('the start', () => {
    let tank: FishTank;
    before(async () => {
      tank = await startFishTank();
    });
    after(() => tank.stop());

    it('says off to every actuator first', () => {
      const off = [1, 2, 3].flatMap((id) => ['heater', 'light', 'pump'].map((name) => [0, id, name, false]));
      assert.deepEqual(tank.actions(), off);
    });

    it('switches nothing on within the hold-off', async () => {
      await tank.step(9_999);
      assert.deepEqual(tank.actions(), []);
      assert.equal(tank.reason(1, 'heater'), 'hold-off');
    });

    it('lets the heater wait for three good samples', async () => {
      await tank.step(10_000);
      assert.deepEqual([tank.applied(1, 'heater'), tank.applied(1, 'light')], [false, true]);
      assert.equal(tank.reason(1, 'heater'), 'waiting for good samples');
      await tank.step(10_001);
      assert.deepEqual([tank.applied(1, 'heater'), tank.reason(1, 'heater')], [true, 'command']);
    });
  });

  describe('its choice', () => {
    let tank: FishTank;
    before(async () => {
      tank = await startFishTank({ environment: { TANKS: '1' } });
      await tank.step(60_000);
    });
    after(() => tank.stop());
    const mode = (word: string) => tank.page('mode', word);

    it('on-off heats to its upper edge, and begins again at its lower one', async () => {
      assert.equal(tank.owner('heater')['owner'], 'on-off/heater');
      await tank.set({ temperature: 25.4 });
      await tank.step(1_200_000);
      assert.deepEqual(
        [tank.applied(1, 'heater'), Number(tank.plant(1)['temperature']) < 25.6],
        [false, true],
      );
      await tank.set({ temperature: 24.6 });
      await tank.step(600_000);
      assert.equal(tank.applied(1, 'heater'), false);
      await tank.set({ temperature: 24.45 });
      await tank.step(60_000);
      assert.equal(tank.applied(1, 'heater'), true);
    });

    it('off turns everything off at once, for good, and logs who wanted it', async () => {
      tank.actions();
      const now = tank.seconds();
      await mode('off');
      const edges = tank.actions();
      assert.ok(edges.some(([, , name]) => name === 'heater'));
      assert.ok(edges.every(([seconds, , , on]) => seconds === now && on === false));
      for (const name of ['heater', 'light', 'pump'] as const) assert.equal(tank.applied(1, name), false);
      const lines = said(tank, 3);
      assert.ok(lines.every(({ user, kind }) => user === 'operator' && kind === 'hand-over'));
      for (const name of ['heater', 'light', 'pump'])
        assert.ok(
          lines.some(({ text }) => text.includes(name) && text.includes('off')),
          `${name} is not logged`,
        );
      await tank.step(3_600_000);
      assert.deepEqual(tank.actions(), []);
      assert.equal(tank.owner('heater')['owner'], 'off');
    });

    it('manual does what the hand says: half the power is half the time', async () => {
      await mode('manual');
      await tank.page('manual/heater', 50);
      await tank.page('manual/light', true);
      await tank.step(10_000);
      tank.actions();
      await tank.step(1_200_000);
      const edges = tank.actions().filter(([, id, name]) => id === 1 && name === 'heater');
      assert.deepEqual([tank.applied(1, 'light'), tank.applied(1, 'pump')], [true, false]);
      assert.ok(edges.length >= 19);
      const times = edges.map(([seconds]) => seconds);
      assert.ok(times.every((time, index) => index === 0 || time - Number(times[index - 1]) === 60));
    });

    it('PID takes over where the hand has left off', async () => {
      await tank.page('manual/heater', 30);
      tank.commands('heater');
      await mode('pid');
      await tank.step(10_000);
      const values = tank.commands('heater').filter(({ owner }) => owner === 'pid/heater');
      assert.equal(values.length, 1);
      const [first] = values.map(({ payload }) => Number(payload));
      // One sample of its own: the integral moves by Kc / Ti * error * 10 s.
      assert.ok(Math.abs(Number(first) - 30) < 1, `30 % became ${first} %`);
      assert.match(String(said(tank, 3).at(-1)?.text), /manual.*pid/i);
    });

    it('and leaves what was in force to the hand', async () => {
      await tank.step(600_000);
      const before = tank.owner('heater')['payload'];
      await mode('manual');
      assert.equal(tank.owner('heater')['payload'], before);
      await tank.page('manual/heater', 0);
      assert.equal(tank.owner('heater')['payload'], 0);
    });

    it('light and pump have no PID: they stay with on-off', async () => {
      await mode('pid');
      assert.deepEqual(
        (['heater', 'light', 'pump'] as const).map((name) => tank.owner(name)['selected']),
        ['pid/heater', 'on-off/light', 'on-off/pump'],
      );
    });

    it('an unknown one is named in the log and changes nothing', async () => {
      await mode('turbo');
      assert.match(String(tank.log()[0]?.text), /turbo/);
      assert.equal(tank.log()[0]?.kind, 'error');
      assert.equal(tank.owner('heater')['selected'], 'pid/heater');
    });
  });

  describe('by a program outside', () => {
    let tank: FishTank;
    const send = (payload: object, id: 1 | 2 | 3 = 1) =>
      tank.mqtt(id, 'control/all', JSON.stringify(payload));
    const edges = () => tank.actions().filter(([, id]) => id === 1);
    /** Wall time passes, and process time at 10x. */
    const live = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds; i++) {
        await tank.elapse(1000);
        await tank.step(10_000);
      }
    };
    before(async () => {
      tank = await startFishTank();
      await tank.step(60_000);
    });
    after(() => tank.stop());

    it('is not obeyed before it is chosen', async () => {
      tank.actions();
      await send({ heater: false, light: false });
      assert.deepEqual(edges(), []);
    });

    it('drives all actuators, one by one and together', async () => {
      await tank.page('mode', 'external');
      await send({ heater: false, light: false, pump: true });
      assert.deepEqual(
        edges().map(([, , name, on]) => [name, on]),
        [
          ['heater', false],
          ['light', false],
          ['pump', true],
        ],
      );
      await tank.step(10_000);
      await send({ heater: true, light: true });
      assert.deepEqual(
        edges().map(([, , name, on]) => [name, on]),
        [
          ['heater', true],
          ['light', true],
        ],
      );
    });

    it('30 s of wall time without it turn heater and pump off, however much process time passes', async () => {
      await live(29);
      await tank.step(600_000);
      await tank.elapse(999);
      assert.deepEqual(edges(), []);
      const now = tank.seconds();
      await tank.elapse(1);
      assert.deepEqual(
        edges().toSorted(([, , a], [, , b]) => (a < b ? -1 : 1)),
        [
          [now, 1, 'heater', false],
          [now, 1, 'pump', false],
        ],
      );
      assert.equal(tank.applied(1, 'light'), true);
      assert.ok(
        tank
          .log()
          .slice(0, 2)
          .every(({ kind, user }) => kind === 'hand-over' && (user ?? null) === null),
      );
      await tank.step(60_000);
      assert.deepEqual(edges(), []);
    });

    it('has the actuators again when it speaks again', async () => {
      await send({ heater: true });
      assert.deepEqual(edges(), [[tank.seconds(), 1, 'heater', true]]);
      assert.equal(tank.owner('heater')['owner'], 'external/heater');
      assert.equal(tank.owner('pump')['owner'], 'off');
    });

    it('each message counts anew', async () => {
      for (let i = 0; i < 5; i++) {
        await live(29);
        await send({ heater: true });
      }
      assert.deepEqual(edges(), []);
    });

    it('commands to a tank that is not driven are not obeyed', async () => {
      await send({ heater: false }, 2);
      await send({ heater: false }, 3);
      await tank.mqtt(2, 'control/heater', 'False');
      assert.deepEqual(tank.actions(), []);
      assert.equal(tank.owner('heater')['payload'], true);
    });
  });
});
