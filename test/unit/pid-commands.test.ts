import assert from 'node:assert/strict';
import { commands, type Command } from '../../nodes/pid-controller/commands.ts';
import { start, step, type Memory, type Settings } from '../../nodes/pid-controller/pid.ts';
import { isSaved, restore, save } from '../../nodes/pid-controller/saved.ts';
import { pidSettings } from '../support/pid-settings.ts';

const obey = (settings: Settings, memory: Memory, topic: string, command: Command): Memory => {
  const act = commands.get(topic);
  assert.ok(act, topic);
  return act(settings, memory, command, 'own');
};
const form = { kc: 3, ti: 120, td: 20, setpoint: 50, outMin: 0, outMax: 100 };
const settings = pidSettings(form);
/** A controller that has worked for a while at a constant measurement. */
const steady = (pv: number, from = start(settings), using = settings): Memory => {
  let memory = from;
  for (let k = 0; k < 20; k++) memory = step(using, memory, pv, 1);
  return memory;
};
const near = (actual: number, expected: number, tolerance = 1e-12): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected} ± ${tolerance}`);

describe('pid: bumpless transfer', () => {
  const increment = (3 / 120) * (50 - 47.3);

  it('manual to automatic starts from the manual output', () => {
    let memory = obey(settings, start(settings), 'mode', { payload: 'manual' });
    memory = steady(47.3, obey(settings, memory, 'manual', { payload: 37.5 }));
    assert.equal(memory.output, 37.5);
    memory = step(settings, obey(settings, memory, 'mode', { payload: 'auto' }), 47.3, 1);
    near(memory.output, 37.5675, 1e-9);
  });
  it('manual to automatic is bumpless without a single sample in manual', () => {
    let memory = obey(settings, steady(47.3), 'mode', { payload: 'manual' });
    memory = obey(settings, memory, 'manual', { payload: 80 });
    memory = step(settings, obey(settings, memory, 'mode', { payload: 'auto' }), 47.3, 1);
    near(memory.output, 80 + increment, 1e-9);
  });
  it('automatic to manual keeps the output', () => {
    const before = steady(47.3);
    const manual = steady(12, obey(settings, before, 'mode', { payload: 'manual' }));
    assert.equal(manual.output, before.output);
  });
  it('other gains do not move the output', () => {
    const still = pidSettings({ ...form, ti: 0, td: 20, derivativeWeight: 1 });
    const before = step(still, steady(47.3, start(still), still), 47.2, 1);
    for (const payload of [{ kc: 6 }, { td: 60 }, { td: 0 }, { b: 0.2 }, { kp: 1, kd: 0 }]) {
      const after = obey(still, before, 'gains', { payload });
      near(after.p + after.i + after.d, before.output, 1e-9);
    }
    const rest = steady(50);
    near(step(settings, obey(settings, rest, 'gains', { payload: { kc: 6 } }), 50, 1).output, rest.output);
  });
  it('the feed-forward is switched on and off without a step, and acts in between', () => {
    const before = steady(50);
    const on = step(settings, obey(settings, before, 'feedforward', { payload: 20 }), 50, 1);
    near(on.output, before.output, 1e-9);
    const more = step(settings, obey(settings, on, 'feedforward', { payload: 21 }), 50, 1);
    near(more.output, before.output + 1, 1e-9);
    const off = step(settings, obey(settings, more, 'feedforward', { payload: null }), 50, 1);
    near(off.output, before.output + 1, 1e-9);
  });
  it('the integral removes what a feed-forward adds', () => {
    const plant = (u: number, y: number): number => y + (0.5 * u - y) * (1 - Math.exp(-1 / 60));
    let memory = obey(settings, start(settings), 'feedforward', { payload: 0 });
    let y = 0;
    const settle = (): void => {
      for (let t = 0; t < 3000; t++) {
        memory = step(settings, memory, y, 1);
        y = plant(memory.output, y);
      }
    };
    memory = { ...memory, setpoint: 25 };
    settle();
    const integral = memory.i;
    memory = obey(settings, memory, 'feedforward', { payload: 1 });
    settle();
    near(memory.i, integral - 1, 1e-6);
    near(y, 25, 1e-6);
  });
  it('without "bumpless" the bias of a P controller stays', () => {
    const plain = pidSettings({ ...form, ti: 0, td: 0, startOutput: 10, bumpless: false });
    let memory = obey(plain, steady(50, start(plain), plain), 'mode', { payload: 'manual' });
    memory = step(plain, obey(plain, memory, 'manual', { payload: 77 }), 50, 1);
    memory = step(plain, obey(plain, memory, 'mode', { payload: 'auto' }), 50, 1);
    assert.equal(memory.output, 10);
  });
});

describe('pid: tracking', () => {
  it('while another source has the actuator the output follows, then starts from there', () => {
    let memory = obey(settings, steady(47.3), 'tracking', { payload: 64, owner: 'other' });
    memory = step(settings, memory, 47.3, 1);
    assert.deepEqual([memory.output, memory.acting], [64, 'tracking']);
    memory = obey(settings, memory, 'tracking', { payload: 64, owner: 'own' });
    near(step(settings, memory, 47.3, 1).output, 64 + (3 / 120) * 2.7, 1e-9);
  });
  it('takes a switch for its limits, and null for a release', () => {
    for (const [payload, output] of [
      [true, 100],
      [false, 0],
      [130, 100],
    ] as const)
      assert.equal(obey(settings, steady(47.3), 'tracking', { payload, owner: 'other' }).output, output);
    const tracked = obey(settings, steady(47.3), 'tracking', { payload: 64 });
    assert.equal(obey(settings, tracked, 'tracking', { payload: null }).tracked, null);
  });
  it('its own value coming back changes nothing', () => {
    const memory = steady(47.3);
    assert.equal(obey(settings, memory, 'tracking', { payload: 12, owner: 'own' }), memory);
  });
  it('a manual controller follows too, and goes on from there', () => {
    let memory = obey(settings, steady(47.3), 'mode', { payload: 'manual' });
    memory = step(settings, obey(settings, memory, 'tracking', { payload: 64 }), 47.3, 1);
    memory = step(settings, obey(settings, memory, 'tracking', { payload: null }), 47.3, 1);
    assert.deepEqual([memory.output, memory.acting], [64, 'manual']);
  });
});

describe('pid: commands', () => {
  const refused: [string, unknown, string][] = [
    ['setpoint', 'warm', 'setpoint: must be a finite number, got "warm"'],
    ['setpoint', Infinity, 'setpoint: must be a finite number, got Infinity'],
    ['mode', 'off', 'mode: must be auto or manual, got "off"'],
    ['manual', 50, 'manual: needs mode manual and the actuator, got 50'],
    ['gains', 5, 'gains: must be a record of kc, ti, td or kp, ki, kd, got 5'],
    ['gains', { kc: -1 }, 'gains.kc: must be a number of 0 to 1000000000, got -1'],
    ['gains', { b: 2 }, 'gains.b: must be a number of 0 to 1, got 2'],
    ['gains', { kx: 1 }, 'gains.kx: is not a gain'],
    ['gains', { kc: 1, ki: 2 }, 'gains: must be either kc, ti, td or kp, ki, kd, got {"kc":1,"ki":2}'],
    ['feedforward', {}, 'feedforward: must be a finite number, got {}'],
    ['tracking', 'on', 'tracking: must be a finite number, got "on"'],
  ];
  for (const [topic, payload, message] of refused)
    it(message, () => assert.throws(() => obey(settings, steady(47), topic, { payload }), { message }));

  it('gains left out stay as they are, in the form of those given', () => {
    const { gains } = obey(settings, start(settings), 'gains', { payload: { kc: 6 } });
    assert.deepEqual([gains.kp, gains.ki, gains.kd], [6, 6 / 120, 120]);
    const other = obey(settings, start(settings), 'gains', { payload: { kp: 6 } }).gains;
    assert.deepEqual([other.kp, other.ki, other.kd], [6, 3 / 120, 60]);
  });
  it('in manual the setpoint follows the measurement where that is wanted', () => {
    const following = pidSettings({ ...form, setpointTracking: true });
    const manual = obey(following, start(following), 'mode', { payload: 'manual' });
    const memory = steady(33, manual, following);
    assert.deepEqual([memory.setpoint, memory.error], [33, 0]);
  });
  it('reset forgets the course of the control, not the orders', () => {
    const memory = obey(settings, { ...steady(30), setpoint: 44 }, 'reset', { payload: null });
    assert.deepEqual(memory, { ...start(settings), setpoint: 44, limit: memory.limit });
  });
});

describe('pid: state', () => {
  const working = steady(47.3);
  const saved = save(settings, working, 20_000, 20_500);

  it('survives as JSON and moves the output by one step of integration at most', () => {
    const read: unknown = JSON.parse(JSON.stringify(saved));
    assert.ok(isSaved(read));
    const { memory, sampledAt } = restore(settings, read, 21_000, 600);
    assert.deepEqual([memory, sampledAt], [working, 20_000]);
    near(step(settings, memory, 47.3, 1).output, working.output + (3 / 120) * 2.7, 1);
  });
  it('too old, only the orders are left', () => {
    const commanded = { ...working, setpoint: 48, mode: 'manual', manual: 90 } as const;
    const old = save(settings, commanded, 20_000, 20_500);
    for (const now of [20_500 + 601_000, 20_000]) {
      const { memory, sampledAt } = restore(settings, old, now, 600);
      assert.deepEqual([memory.setpoint, memory.mode, memory.pv, sampledAt], [48, 'manual', null, undefined]);
      assert.deepEqual([memory.output, memory.manual, memory.i], [0, 0, 0]);
    }
  });
  it('what the form says anew wins over what was commanded, without a bump', () => {
    const commanded = save(settings, { ...working, setpoint: 48 }, 20_000, 20_500);
    const edited = pidSettings({ ...form, kc: 6, setpoint: 55, mode: 'manual' });
    const { memory } = restore(edited, commanded, 21_000, 600);
    assert.deepEqual([memory.setpoint, memory.gains.kp, memory.mode], [55, 6, 'manual']);
    assert.equal(memory.manual, working.output);
    assert.equal(restore(settings, commanded, 21_000, 600).memory.setpoint, 48);
    const { p, i, d } = restore(pidSettings({ ...form, kc: 6 }), commanded, 21_000, 600).memory;
    near(p + i + d, working.p + working.i + working.d, 1e-9);
  });
  it('is refused where it is not one', () => {
    const damaged: unknown[] = [
      null,
      {},
      { ...saved, memory: { ...working, i: null } },
      { ...saved, savedAt: 'now' },
    ];
    for (const state of damaged) assert.equal(isSaved(state), false);
  });
});
