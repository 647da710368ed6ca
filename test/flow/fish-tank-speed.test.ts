import assert from 'node:assert/strict';
import { startFishTank, type Action, type FishTank } from '../support/fish-tank.ts';
import { stopRuntime } from '../support/flow-run.ts';

/** What happens, at which process time in s. */
const story: readonly (readonly [seconds: number, event: (tank: FishTank) => Promise<void>])[] = [
  [60, (tank) => tank.page('mode', 'pid')],
  [1800, (tank) => tank.page('ranges', { temperature: { min: 23, max: 24 } }, { tank: 'fish-tank/1' })],
  [3600, (tank) => tank.page('choice', { target: 'fish-tank/2' })],
  [4200, (tank) => tank.page('choice', { target: 'fish-tank/1' })],
  [5400, (tank) => tank.page('fault', { kind: 'missing', quantity: 'temperature' }, { tank: 'fish-tank/1' })],
  [5520, (tank) => tank.page('fault', { kind: 'none' }, { tank: 'fish-tank/1' })],
  [6000, (tank) => tank.page('mode', 'manual')],
  [6060, (tank) => tank.page('manual/heater', 40)],
  [7200, (tank) => tank.page('mode', 'external')],
  // A program that speaks every 20 s of process time: at any speed before 30 s of wall time are over.
  ...[...Array(12).keys()].map(
    (turn) =>
      [
        7200 + 20 * turn,
        (tank: FishTank) =>
          tank.mqtt(1, 'control/all', JSON.stringify({ heater: turn % 2 === 0, pump: turn % 3 === 0 })),
      ] as const,
  ),
  [7440, (tank) => tank.page('mode', 'on-off')],
  [9000, () => Promise.resolve()],
];

/** The scaled clock itself, on a machine whose time the test moves. */
const live = async (speed: number): Promise<readonly Action[]> => {
  const tank = await startFishTank({ clocks: 'host' });
  await tank.page('speed', speed);
  const state = tank.run.clock('fish-tank-clock').state();
  assert.deepEqual([state.mode, state.speed], ['scaled', speed]);
  for (const [seconds, event] of story) {
    await tank.elapse(((seconds - tank.seconds()) * 1000) / speed);
    assert.ok(Math.abs(tank.seconds() - seconds) < 1e-3, `${tank.seconds()} s instead of ${seconds} s`);
    await event(tank);
  }
  await tank.stop();
  return tank.actions();
};

/** By tank and actuator, since two actuators may change places within one ms. */
const sorted = (actions: readonly Action[]): Action[] =>
  actions.toSorted((a, b) => a[1] - b[1] || a[2].localeCompare(b[2]) || a[0] - b[0]);

/** A timer of the machine fires up to 1 ms late: at 600x that is 0.6 s of process time. */
const lateBy = (speed: number): number => 0.001 * speed + 0.01;

describe('fish tank: speed', function () {
  this.timeout(120_000);
  after(stopRuntime);

  it('the same events give the same control actions in process time at 1x, 60x and 600x', async () => {
    const slow = sorted(await live(1));
    assert.ok(slow.filter(([, id, name]) => id === 1 && name === 'heater').length > 50);
    for (const speed of [60, 600]) {
      const fast = sorted(await live(speed));
      const what = (actions: readonly Action[]) => actions.map(([, ...rest]) => rest);
      assert.deepEqual(what(fast), what(slow), `${speed}x`);
      const worst = Math.max(...fast.map(([seconds], index) => Math.abs(seconds - Number(slow[index]?.[0]))));
      console.log(
        `      ${speed}x: ${fast.length} actions, at most ${worst.toFixed(3)} s of process time apart`,
      );
      assert.ok(worst <= lateBy(speed), `${speed}x: ${worst} s apart`);
    }
  });
});
