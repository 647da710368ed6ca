import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { presets } from '../../nodes/tank-sim/presets.ts';
import { advance, initialState, tankOf, type TankState } from '../../nodes/tank-sim/tank.ts';
import { classroom, near, running, START } from '../support/tank.ts';

/** Every number of the state that time moves. */
const numbers = (state: TankState): number[] => [
  state.temperature,
  state.probe,
  state.humidity,
  state.ph,
  state.level,
  state.overflowLitres,
];

describe('tank: temperature', () => {
  const cases: readonly [string, boolean | number, number, number][] = [
    ['T1 cools', false, 60, 12.744058],
    ['T1 cools', false, 600, 10.012394],
    ['T2 heats', true, 60, 17.255942],
    ['T2 heats', true, 100, 18.160603],
    ['T2 heats', true, 300, 19.751065],
    ['T5 half power', 50, 1e6, 15],
  ];
  for (const [name, heater, seconds, expected] of cases)
    it(`${name}: ${expected} after ${seconds} s`, () => {
      const tank = classroom();
      const state = running(tank, { heater });
      advance(tank, state, START + seconds * 1000);
      near(state.temperature, expected, 1e-6);
    });

  it('T4 is finite and between the ambient and the steady temperature at any step', () => {
    const tank = classroom();
    for (const speed of [1, 10, 60, 600, 1e4, 1e5, 1e6]) {
      const state = running(tank, { heater: true });
      for (let step = 1; step <= 20; step++) advance(tank, state, START + step * 10_000 * speed);
      assert.ok(state.temperature >= 10 && state.temperature <= 20, `${speed}x: ${state.temperature}`);
    }
  });

  it('T6 shows a heater step only after the dead time, then heats as without it', () => {
    const tank = classroom({ deadTimeSeconds: 10, startTemperature: 10 });
    const state = running(tank, { heater: true });
    advance(tank, state, START + 10_000);
    assert.equal(state.temperature, 10);
    advance(tank, state, START + 70_000);
    near(state.temperature, 10 + 10 * (1 - Math.exp(-0.6)), 1e-9);
  });

  it('keeps every change within the dead time, each at its own moment', () => {
    const tank = classroom({ deadTimeSeconds: 10 });
    const delayed = running(tank);
    for (const [at, heater] of [
      [0, true],
      [3, false],
      [4, 40],
    ] as const)
      obey(tank, delayed, readCommand('heater', heater), START + at * 1000);
    advance(tank, delayed, START + 20_000);
    const prompt = classroom();
    const expected = running(prompt);
    for (const [at, heater] of [
      [10, true],
      [13, false],
      [14, 40],
    ] as const)
      obey(prompt, expected, readCommand('heater', heater), START + at * 1000);
    advance(prompt, expected, START + 20_000);
    near(delayed.temperature, expected.temperature, 1e-12);
  });

  it('never keeps more than its bound of changes on their way, and ends with the newest', () => {
    const tank = classroom({ deadTimeSeconds: 3600 });
    const state = running(tank);
    for (let at = 1; at <= 3000; at++) obey(tank, state, readCommand('heater', (at % 100) + 0.5), START + at);
    assert.equal(state.underWay.length, 1024);
    advance(tank, state, START + 4_000_000);
    assert.equal(state.heat.heater, 0.5);
  });

  it('cools below the ambient with a cooler, and stays within 0 to 100 degC', () => {
    const tank = tankOf(presets.fermenter);
    const state = running(tank, { cooler: true });
    advance(tank, state, START + 6 * 3_600_000);
    assert.ok(state.temperature < 10, String(state.temperature));
    advance(tank, state, START + 1000 * 3_600_000);
    assert.equal(state.temperature, 0);
    const boiling = classroom({ lossWattsPerKelvin: 0 });
    const hot = running(boiling, { heater: true });
    advance(boiling, hot, START + 3_600_000);
    assert.equal(hot.temperature, 100);
  });

  it('heats in a straight line where nothing is lost', () => {
    const tank = classroom({ lossWattsPerKelvin: 0, sensorLagSeconds: 5, stillLagSeconds: 5 });
    const state = running(tank, { heater: true });
    advance(tank, state, START + 60_000);
    near(state.temperature, 21, 1e-9);
    near(state.probe, 15 + 0.1 * (60 - 5 * (1 - Math.exp(-12))), 1e-9, 'probe');
  });

  it('has a probe that follows the water, slower in still water', () => {
    const tank = classroom({ sensorLagSeconds: 10, stillLagSeconds: 100 });
    const still = running(tank, { heater: true });
    const mixed = running(tank, { heater: true, pump: true });
    for (const state of [still, mixed]) advance(tank, state, START + 60_000);
    // Equal time constants of tank and probe: the limit (1 + t/τ) e^(-t/τ).
    near(still.probe, 20 - 5 * 1.6 * Math.exp(-0.6), 1e-9);
    near(mixed.probe, 20 - (5 * (0.1 * Math.exp(-0.6) - 0.01 * Math.exp(-6))) / 0.09, 1e-9);
  });

  it('agrees with a fine numerical integration in a daily swing with lag', () => {
    const tank = tankOf({
      ...presets['fish-tank'],
      ambientSwing: 5,
      deadTimeSeconds: 0,
      stillLagSeconds: 900,
    });
    const state = running(tank, { heater: 30, inflow: 10 });
    const hours = 20;
    let temperature = 23;
    let probe = 23;
    const rate = 8 / 418_600 + 0.2 / 60 / 100;
    const slope = (t: number, at: number): number =>
      (200 * 0.3) / 418_600 + rate * (20 + 5 * Math.sin(((8 + at / 3600 - 15) / 12 + 0.5) * Math.PI) - t);
    const h = 2;
    for (let at = 0; at < hours * 3600; at += h) {
      const middle = temperature + (h / 2) * slope(temperature, at);
      const next = temperature + h * slope(middle, at + h / 2);
      probe += (h * ((temperature + next) / 2 - probe - (h / 2) * ((temperature - probe) / 900))) / 900;
      temperature = next;
    }
    advance(tank, state, START + hours * 3_600_000);
    near(state.temperature, temperature, 1e-6);
    near(state.probe, probe, 1e-4, 'probe');
  });

  it('T10 is held by a PI controller as published', () => {
    const { at, settled, overshoot, output } = controlled(18);
    near(at(60), 16.6788, 1e-3);
    near(at(120), 17.5961, 1e-3);
    near(at(300), 17.9617, 1e-3);
    near(settled, 227, 1);
    near(output, 80, 0.01);
    near(overshoot, 0, 1e-3);
    const down = controlled(12);
    near(down.at(60), 12.7441, 1e-3);
    near(down.at(120), 12.0398, 1e-3);
    near(down.settled, 90, 1);
    near(down.output, 20, 0.01);
  });
});

/** PI with Kc 50, Ti 80 and back-calculation Tt 40 (exact factor) on the classroom tank with a dead time of 10 s. */
const controlled = (setpoint: number) => {
  const tank = classroom({ deadTimeSeconds: 10 });
  const state = initialState(tank, START);
  const series = [state.temperature];
  let integral = 0;
  let output = 0;
  for (let second = 1; second <= 3000; second++) {
    const error = setpoint - state.temperature;
    integral += (50 / 80) * error;
    const wanted = 50 * error + integral;
    output = Math.min(100, Math.max(0, wanted));
    integral += (1 - Math.exp(-1 / 40)) * (output - wanted);
    obey(tank, state, readCommand('heater', output), START + (second - 1) * 1000);
    advance(tank, state, START + second * 1000);
    series.push(state.temperature);
  }
  return {
    at: (second: number): number => series[second] ?? NaN,
    settled: series.findLastIndex((value) => Math.abs(value - setpoint) > 0.1) + 1,
    overshoot: Math.max(0, ...series.map((value) => value - setpoint)),
    output,
  };
};

describe('tank: any partition of time', () => {
  const everything = { heater: 60, light: true, pump: 35, cooler: 10, inflow: 70, outflow: 20 };
  for (const [name, parameters] of Object.entries(presets))
    it(`T3 gives the same to 1e-9: ${name}`, () => {
      const tank = tankOf({ ...parameters, ambientSwing: 3, sensorLagSeconds: 7, stillLagSeconds: 33 });
      const begin = (): TankState => {
        const state = running(tank, everything);
        obey(tank, state, readCommand('fault', { kind: 'heater-dead', durationSeconds: 123.4 }), START);
        return state;
      };
      const whole = begin();
      advance(tank, whole, START + 600_000);
      const seconds = begin();
      for (let second = 1; second <= 600; second++) advance(tank, seconds, START + second * 1000);
      fc.assert(
        fc.property(fc.array(fc.double({ min: 0, max: 600_000, noNaN: true }), { maxLength: 60 }), (cuts) => {
          const parts = begin();
          for (const cut of cuts.toSorted((a, b) => a - b)) advance(tank, parts, START + cut);
          advance(tank, parts, START + 600_000);
          for (const state of [parts, seconds])
            for (const [index, value] of numbers(state).entries())
              near(value, numbers(whole)[index] ?? NaN, 1e-9, `value ${index}`);
        }),
        { numRuns: 50 },
      );
    });

  it('holds over days of daily swing', () => {
    const tank = tankOf(presets['fish-tank']);
    const whole = running(tank, { heater: 20, pump: 50 });
    const parts = running(tank, { heater: 20, pump: 50 });
    advance(tank, whole, START + 7 * 86_400_000);
    for (let step = 1; step <= 7 * 144; step++) advance(tank, parts, START + step * 600_000);
    for (const [index, value] of numbers(parts).entries()) near(value, numbers(whole)[index] ?? NaN, 1e-9);
  });

  it('T12 goes on from its JSON as if nothing had happened; a pause changes nothing', () => {
    const tank = tankOf(presets['fish-tank']);
    const state = running(tank, everything);
    advance(tank, state, START + 12_345);
    const restored = JSON.parse(JSON.stringify(state)) as TankState;
    for (let pause = 0; pause < 10; pause++) advance(tank, restored, restored.timeMs);
    assert.deepEqual(restored, state);
    for (const each of [state, restored]) {
      obey(tank, each, readCommand('pump', false), START + 20_000);
      advance(tank, each, START + 100_000);
    }
    assert.deepEqual(restored, state);
  });
});
