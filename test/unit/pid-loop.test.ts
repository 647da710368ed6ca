import assert from 'node:assert/strict';
import { commands } from '../../nodes/pid-controller/commands.ts';
import { start, step } from '../../nodes/pid-controller/pid.ts';
import { closedLoop, lastOutside, stepResponse, type FirstOrderPlant } from '../support/first-order-plant.ts';
import { pidSettings } from '../support/pid-settings.ts';

const assertNear = (actual: number | undefined, expected: number, tolerance: number, what: string): void =>
  assert.ok(
    Math.abs((actual ?? NaN) - expected) <= tolerance,
    `${what}: ${actual}, expected ${expected} ± ${tolerance}`,
  );

const run = (
  plant: FirstOrderPlant,
  form: object,
  h: number,
  seconds: number,
  setpoint: (t: number) => number,
  load?: (t: number) => number,
): { y: number[]; u: number[] } => {
  const settings = pidSettings(form);
  let memory = start(settings);
  const control = (y: number, t: number): number => {
    memory = step(settings, { ...memory, setpoint: setpoint(t) }, y, h);
    return memory.output;
  };
  return closedLoop(plant, h, seconds, control, load);
};
const one = (): number => 1;

describe('pid in a loop: known answers', () => {
  it('cancels the pole of a first-order plant', () => {
    const { y, u } = run({ gain: 2, lagSeconds: 100, deadSeconds: 0 }, { kc: 1, ti: 100 }, 1, 20_000, one);
    const expected = { 50: 0.6371, 100: 0.8678, 150: 0.9515, 250: 0.9932 };
    for (const [t, value] of Object.entries(expected)) assertNear(y[Number(t)], value, 1e-4, `y(${t})`);
    assertNear(u[0], 1.01, 1e-12, 'first output');
    assertNear(u.at(-1), 0.5, 1e-9, 'last output');
  });

  const plant = { gain: 2, lagSeconds: 60, deadSeconds: 10 };
  const simc = { kc: 1.5, ti: 60 };
  it('SIMC tuning, 0.1 s', () => {
    const { y, u } = run(plant, simc, 0.1, 600, one);
    const { overshoot, rise, settle, iae } = stepResponse(y, 0.1, 1);
    assertNear(overshoot, 4.22, 0.01, 'overshoot');
    assertNear(rise, 19, 0.11, 'rise');
    assertNear(settle, 60.7, 0.11, 'settling');
    assertNear(iae, 21.75, 0.01, 'IAE');
    assertNear(u[0], 1.5025, 1e-12, 'first output');
  });
  it('SIMC tuning, 0.5 s and 1 s', () => {
    const half = run(plant, simc, 0.5, 600, one).y;
    assertNear(stepResponse(half, 0.5, 1).overshoot, 4.92, 0.01, 'overshoot');
    assertNear(stepResponse(half, 0.5, 1).iae, 22.02, 0.01, 'IAE');
    assertNear(half[40], 0.502, 1e-3, 'y(20)');
    assertNear(half[80], 1.032, 1e-3, 'y(40)');
    const whole = run(plant, simc, 1, 600, one).y;
    assertNear(stepResponse(whole, 1, 1).overshoot, 5.85, 0.01, 'overshoot');
    assertNear(stepResponse(whole, 1, 1).iae, 22.4, 0.01, 'IAE');
    for (const [t, value] of [
      [20, 0.5038],
      [40, 1.043],
      [60, 1.0254],
    ] as const)
      assertNear(whole[t], value, 1e-4, `y(${t})`);
  });
  it('SIMC tuning, step of the load before the dead time', () => {
    for (const h of [0.1, 0.5, 1]) {
      const { y } = run(plant, simc, h, 3000, () => 0, one);
      const peak = Math.max(...y);
      assert.ok(peak > 0.51 && peak < 0.521, `peak ${peak}`);
      assertNear(y.indexOf(peak) * h - plant.deadSeconds, 26, 0.6, 'time of the peak after it shows');
      assertNear(
        y.reduce((sum, value) => sum + Math.abs(value) * h, 0),
        40,
        0.1,
        'IAE is Ti / Kc',
      );
    }
  });
  it('SIMC tuning of a lag-dominated and of a delay-dominated plant', () => {
    const lag = run({ gain: 1, lagSeconds: 100, deadSeconds: 5 }, { kc: 10, ti: 40 }, 0.5, 600, one).y;
    const { overshoot, rise, iae } = stepResponse(lag, 0.5, 1);
    assertNear(overshoot, 19.3, 0.05, 'overshoot');
    assertNear(rise, 8.5, 0.01, 'rise');
    assertNear(iae, 16.36, 0.01, 'IAE');
    const delay = run({ gain: 1, lagSeconds: 10, deadSeconds: 10 }, { kc: 0.5, ti: 10 }, 0.5, 600, one).y;
    assertNear(stepResponse(delay, 0.5, 1).overshoot, 4.4, 0.05, 'overshoot');
    assertNear(stepResponse(delay, 0.5, 1).iae, 21.75, 0.01, 'IAE');
  });
});

describe('pid in a loop: anti-windup', () => {
  const plant = { gain: 1, lagSeconds: 100, deadSeconds: 5 };
  const methods = {
    none: { leaves: [700, 800], settle: 908, undershoot: 0, over: 23.2, overSettle: 541, iae: 9642 },
    conditional: { leaves: [0, 0], settle: 193, undershoot: 6.89, over: 0, overSettle: 194, iae: 5425 },
    'back-calculation': {
      leaves: [0, 0],
      settle: 137,
      undershoot: 1.49,
      over: 0,
      overSettle: 179,
      iae: 5329,
    },
  };
  for (const [antiWindup, expected] of Object.entries(methods)) {
    const form = { kc: 5, ti: 50, outMin: 0, outMax: 100, antiWindup };
    it(`${antiWindup}: a setpoint out of reach for 600 s`, () => {
      const { y, u } = run(plant, form, 1, 2400, (t) => (t < 600 ? 150 : 50));
      const after = y.slice(600);
      const leaves = u.slice(600).findIndex((value) => value < 100);
      const [earliest = 0, latest = 0] = expected.leaves;
      assert.ok(leaves >= earliest && leaves <= latest, `leaves its limit after ${leaves} s`);
      assertNear(lastOutside(after, 1, 50, 1), expected.settle, 2, 'settling');
      assertNear(Math.max(0, 50 - Math.min(...after)), expected.undershoot, 0.01, 'undershoot');
    });
    it(`${antiWindup}: a large step`, () => {
      const { overshoot, settle, iae } = stepResponse(run(plant, form, 1, 2000, () => 80).y, 1, 80);
      assertNear(overshoot, expected.over, 0.05, 'overshoot');
      assertNear(settle, expected.overSettle, 1.01, 'settling');
      assertNear(iae, expected.iae, 1, 'IAE');
    });
  }
  const stuck = { none: [35_741, 35_991], conditional: [1, 1], 'back-calculation': [1, 161] };
  for (const [antiWindup, expected] of Object.entries(stuck))
    it(`${antiWindup}: after 600 s at the limit the error changes sign`, () => {
      const settings = pidSettings({ kc: 2, ti: 10, outMin: 0, outMax: 100, antiWindup });
      let memory = start(settings);
      for (let k = 0; k < 600; k++) memory = step(settings, memory, -60, 1);
      let below50 = 0;
      let samples = 0;
      for (; memory.output > 0; samples++) {
        if (memory.output < 50 && below50 === 0) below50 = samples;
        memory = step(settings, memory, 1, 1);
      }
      assert.deepEqual([below50 || samples, samples], expected);
    });
});

describe('pid in a loop: cascade', () => {
  /** A slow vessel behind a fast jacket; from 3000 s to 3600 s the jacket has too little power. */
  const run = (wired: boolean): { outer: number[]; limits: string[]; vessel: number[] } => {
    const outerSettings = pidSettings({ kc: 4, ti: 200, setpoint: 40, outMin: 0, outMax: 80 });
    const innerSettings = pidSettings({ kc: 5, ti: 20, outMin: 0, outMax: 100 });
    const track = commands.get('tracking');
    assert.ok(track);
    let outer = start(outerSettings);
    let inner = start(innerSettings);
    let jacket = 0;
    let vessel = 0;
    const result: { outer: number[]; limits: string[]; vessel: number[] } = {
      outer: [],
      limits: [],
      vessel: [],
    };
    for (let t = 0; t < 6000; t++) {
      const payload = inner.limit === 'high' || inner.limit === 'low' ? jacket : null;
      if (wired) outer = track(outerSettings, outer, { payload, limited: true }, 'outer');
      outer = step(outerSettings, outer, vessel, 1);
      inner = step(innerSettings, { ...inner, setpoint: outer.output }, jacket, 1);
      const power = t >= 3000 && t < 3600 ? 0.3 : 1;
      jacket += (inner.output * power - jacket) * (1 - Math.exp(-1 / 20));
      vessel += (jacket - vessel) * (1 - Math.exp(-1 / 400));
      result.outer.push(outer.output);
      result.limits.push(inner.limit);
      result.vessel.push(vessel);
    }
    return result;
  };
  /** How long the outer output stays at its limit once the inner loop is free again, s. */
  const stays = ({ outer, limits }: { outer: number[]; limits: string[] }): number => {
    const free = limits.findIndex((limit, t) => t > 3600 && limit === 'none');
    return outer.findIndex((value, t) => t >= free && value < 80) - free;
  };
  it('with external reset the outer loop is free with the inner one, without it winds up', () => {
    const wired = run(true);
    const unwired = run(false);
    assert.ok(wired.limits.slice(3030, 3600).every((limit) => limit === 'high'));
    assert.ok(stays(wired) <= 1, `with: ${stays(wired)} s`);
    assert.ok(stays(unwired) > 30, `without: ${stays(unwired)} s`);
    const overshoot = ({ vessel }: { vessel: number[] }): number => Math.max(...vessel.slice(3600)) - 40;
    assert.ok(overshoot(wired) < 0.1, `with: ${overshoot(wired)}`);
    assert.ok(overshoot(unwired) > 3, `without: ${overshoot(unwired)}`);
  });
});
