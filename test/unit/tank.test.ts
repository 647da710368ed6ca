import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { presets, type TankParameters } from '../../nodes/tank-sim/presets.ts';
import {
  advance,
  applied,
  initialState,
  measurable,
  tankOf,
  type TankState,
} from '../../nodes/tank-sim/tank.ts';

const START = Date.UTC(2000, 0, 1, 8);
const classroom = (changes: Partial<TankParameters> = {}) => tankOf({ ...presets.classroom, ...changes });

/** A tank with the named commands in force from the start. */
const running = (tank: ReturnType<typeof tankOf>, commands: Record<string, unknown> = {}): TankState => {
  const state = initialState(tank, START);
  if (Object.keys(commands).length > 0) obey(tank, state, readCommand('control', commands), START);
  return state;
};
const near = (actual: number, expected: number, tolerance: number, what = ''): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what} ${actual}, expected ${expected} ± ${tolerance}`,
  );

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

describe('tank: the other quantities', () => {
  it('T11 runs over: 2 l/min for 5 min into 15 l of 20 l', () => {
    const tank = classroom();
    const state = running(tank, { inflow: true });
    advance(tank, state, START + 300_000);
    near((state.level / 100) * 20, 20, 1e-9);
    near(state.overflowLitres, 5, 1e-9);
  });

  it('is pumped empty and not further', () => {
    const tank = classroom();
    const state = running(tank, { outflow: 50 });
    advance(tank, state, START + 600_000);
    near(state.level, 25, 1e-9);
    advance(tank, state, START + 1_200_000);
    assert.equal(state.level, 0);
  });

  it('drifts acid without aeration and goes to 7.2 with it', () => {
    const tank = tankOf(presets['fish-tank']);
    const state = running(tank);
    advance(tank, state, START + 21_600_000);
    near(state.ph, 6 + 1.1 * Math.exp(-1), 1e-9);
    obey(tank, state, readCommand('pump', true), state.timeMs);
    advance(tank, state, START + 86_400_000);
    near(state.ph, 7.2, 1e-9);
  });

  it('has humidity between the still and the pumped value', () => {
    const tank = classroom();
    const state = running(tank, { pump: true });
    advance(tank, state, START + 1000);
    near(state.humidity, 1.85 + 0.1, 0.003);
    advance(tank, state, START + 1_000_000);
    near(state.humidity, 100 - 98.15 * Math.exp(-1), 1e-9);
  });

  it('has daylight by the hour, and the lamp on top', () => {
    const tank = tankOf({ ...presets['fish-tank'], daylightLux: 300, lampLux: 600 });
    const state = running(tank);
    const luxAt = (hour: number): number => {
      advance(tank, state, START + (hour - 8) * 3_600_000);
      return measurable(tank, state).lux;
    };
    near(luxAt(9), 300 * Math.SQRT1_2 + 0.05, 1e-9);
    near(luxAt(12), 300.05, 1e-9);
    near(luxAt(23), 0.05, 1e-9);
    obey(tank, state, readCommand('light', 50), state.timeMs);
    near(luxAt(24), 300.05, 1e-9);
  });

  it('has the ambient of the day: warmest at 15 h, coldest at 3 h', () => {
    const tank = tankOf(presets['fish-tank']);
    const state = running(tank);
    for (const [hour, ambient] of [
      [9, 20],
      [15, 22],
      [27, 18],
    ] as const) {
      advance(tank, state, START + (hour - 8) * 3_600_000);
      near(measurable(tank, state).ambient_temperature, ambient, 1e-9);
    }
  });

  it('reaches 24 to 26 degC as a fish tank with part of its power, in a room of 18 to 22', () => {
    const { heaterWatts, lossWattsPerKelvin } = presets['fish-tank'];
    const duty = (inside: number, room: number): number =>
      ((inside - room) * lossWattsPerKelvin) / heaterWatts;
    assert.ok(duty(26, 18) < 0.4 && duty(24, 22) > 0.05);
    const tank = tankOf(presets['fish-tank']);
    const state = running(tank, { heater: true });
    advance(tank, state, START + 2 * 3_600_000);
    assert.ok(state.temperature > 24 && state.temperature < 26, String(state.temperature));
  });
});

describe('tank: commands', () => {
  const tank = classroom();

  it('T13 refuses time that runs backwards and leaves the tank as it was', () => {
    const state = running(tank, { heater: true });
    const before = structuredClone(state);
    for (const time of [START - 1, NaN, Infinity])
      assert.throws(() => advance(tank, state, time), /^Error: time: must be a time of at least/);
    assert.deepEqual(state, before);
  });

  const refused: readonly [string, unknown, unknown, RegExp][] = [
    ['a NaN', 'heater', NaN, /payload: must be true, false or a number of 0 to 100 %, got null/],
    ['more than 100 %', 'heater', 101, /payload: .*got 101/],
    ['less than 0 %', 'a/b/pump', -1, /payload: .*got -1/],
    ['text', 'heater', 'false', /payload: .*got "false"/],
    ['nothing', 'light', undefined, /payload: .*got nothing/],
    ['a bad part of a record', 'control', { light: true, heater: 'on' }, /payload\.heater: .*got "on"/],
    ['a record of nothing known', 'control/all', { heating: true }, /payload: must be an object of heater/],
    ['a list', 'control', [true], /payload: must be an object/],
    ['an unknown topic', 'fan', true, /topic: must be one of heater, .*got "fan"/],
    ['no topic', undefined, true, /topic: .*got nothing/],
    ['an unknown state', 'set', { salt: 3 }, /payload: must be one of temperature, .*got "salt"/],
    ['an impossible state', 'set', { ph: 15 }, /payload\.ph: must be a number of 0 to 14, got 15/],
    ['an unknown fault', 'fault', { kind: 'fire' }, /payload\.kind: must be one of stuck, .*got "fire"/],
    ['an unknown sensor', 'fault', { kind: 'stuck', quantity: 'co2' }, /payload\.quantity: .*got "co2"/],
    ['no duration', 'fault', { kind: 'stuck', durationSeconds: 0 }, /payload\.durationSeconds: .*got 0/],
    ['no fault', 'fault', 7, /payload: must be a fault.*got 7/],
  ];
  for (const [name, topic, payload, message] of refused)
    it(`T13 refuses ${name}`, () => assert.throws(() => readCommand(topic, payload), message));

  it('takes booleans, percent, records and the last part of a topic', () => {
    const state = running(tank);
    obey(tank, state, readCommand('OLP/device/tank/id/control/all', { heater: true, ph: 7 }), START);
    obey(tank, state, readCommand('x/y/light', 30), START);
    assert.deepEqual([applied(state, 'heater'), applied(state, 'light')], [100, 30]);
    assert.equal(obey(tank, state, readCommand('light', 30), START), false);
    assert.equal(obey(tank, state, readCommand('light', false), START), true);
  });

  it('sets and resets the state', () => {
    const state = running(tank, { heater: true });
    obey(tank, state, readCommand('set', { temperature: 30, level: 10 }), START);
    assert.deepEqual([state.temperature, state.probe, state.level], [30, 30, 10]);
    obey(tank, state, readCommand('reset', undefined), START + 5000);
    assert.deepEqual(state, initialState(tank, START + 5000));
  });

  it('has a heater that is dead or welded on until it is repaired, whatever is commanded', () => {
    const state = running(tank);
    obey(tank, state, readCommand('fault', 'heater-welded'), START);
    assert.equal(applied(state, 'heater'), 100);
    advance(tank, state, START + 100_000);
    near(state.temperature, 18.160603, 1e-6);
    obey(tank, state, readCommand('fault', { kind: 'heater-dead', durationSeconds: 60 }), state.timeMs);
    obey(tank, state, readCommand('heater', true), state.timeMs);
    assert.equal(applied(state, 'heater'), 0);
    advance(tank, state, START + 160_000);
    assert.equal(applied(state, 'heater'), 100);
    near(state.temperature, 10 + 8.160603 * Math.exp(-0.6), 1e-6);
    obey(tank, state, readCommand('fault', 'none'), state.timeMs);
    assert.equal(state.heaterFault, null);
  });
});
