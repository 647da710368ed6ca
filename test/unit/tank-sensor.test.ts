import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { describeFaults, obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { presets, type TankParameters } from '../../nodes/tank-sim/presets.ts';
import { plantRecord, sensorRecord } from '../../nodes/tank-sim/records.ts';
import { gaussian, uniform } from '../../nodes/tank-sim/rng.ts';
import { isTankState, resume } from '../../nodes/tank-sim/saved.ts';
import { quantise } from '../../nodes/tank-sim/sensor.ts';
import { advance, initialState, tankOf, type TankState } from '../../nodes/tank-sim/tank.ts';

const START = Date.UTC(2000, 0, 1, 8);
const bench = (changes: Partial<TankParameters> = {}, seed = 1) => {
  const tank = tankOf({ ...presets.classroom, ...changes }, seed);
  const state = initialState(tank, START);
  const command = (topic: string, payload: unknown): boolean =>
    obey(tank, state, readCommand(topic, payload), state.timeMs);
  const read = () => {
    const { payload, quality, qualities } = sensorRecord(tank, state, 'tank');
    return { values: payload as Record<string, number | null>, quality, qualities: qualities ?? {} };
  };
  const after = (seconds: number) => {
    advance(tank, state, state.timeMs + seconds * 1000);
    return read();
  };
  return { tank, state, command, read, after };
};

describe('tank sensors', () => {
  it('T7 have noise of the asked mean and deviation, the same for the same seed only', () => {
    const series = (seed: number): number[] => {
      const { state, read } = bench({ noise: 0.1, quantum: 0 }, seed);
      state.temperature = state.probe = 15;
      return Array.from({ length: 10_000 }, () => read().values['temperature'] ?? NaN);
    };
    const first = series(1);
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    const deviation = Math.sqrt(first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / first.length);
    assert.ok(Math.abs(mean - 15) <= 0.005, `mean ${mean}`);
    assert.ok(Math.abs(deviation - 0.1) <= 0.005, `deviation ${deviation}`);
    assert.deepEqual(series(1), first);
    assert.notDeepEqual(series(2), first);
  });

  it('T7 have uniform numbers under their noise, and a memory of one number', () => {
    const memory = { random: 7 };
    const values = Array.from({ length: 10_000 }, () => uniform(memory));
    assert.ok(values.every((value) => value >= 0 && value < 1));
    assert.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) / 10_000 - 0.5) < 0.01);
    const copy = { ...memory };
    assert.equal(gaussian(memory), gaussian(copy));
  });

  it('T8 give integer multiples of the quantum', () => {
    const { command, after } = bench({ noise: 0.1, quantum: 0.0625 });
    command('heater', true);
    for (let step = 0; step < 500; step++) {
      const value = after(1).values['temperature'];
      assert.ok(typeof value === 'number' && Number.isInteger(value / 0.0625), String(value));
    }
  });

  it('give numbers without needless digits', () => {
    const cents = fc.integer({ min: -2000, max: 12_000 });
    fc.assert(
      fc.property(cents, fc.double({ min: -0.4, max: 0.4, noNaN: true }), (count, off) => {
        assert.equal(quantise((count + off) / 100, 0.01), count / 100);
      }),
    );
    assert.equal(quantise(-0.001, 0.01), 0);
    assert.equal(quantise(21.23456, 0.1), 21.2);
    assert.equal(quantise(21.23456, 0.5), 21);
    assert.equal(quantise(27, 5), 25);
    assert.equal(quantise(21.23456, 0), 21.23456);
  });

  it('show what the original showed: 15, 10, 1.85 and 0.05 at the start', () => {
    const { read, command } = bench();
    assert.deepEqual(read().values, {
      temperature: 15,
      lux: 0.05,
      humidity: 1.85,
      ambient_temperature: 10,
      ph: 7.1,
      level: 75,
    });
    command('light', true);
    assert.equal(read().values['lux'], 1.85);
  });

  it('have an offset and a range', () => {
    const { read, command } = bench({ sensorOffset: 1.5 });
    assert.equal(read().values['temperature'], 16.5);
    command('set', { temperature: 100 });
    command('fault', 'spike');
    assert.equal(read().values['temperature'], 116.5);
    command('set', { level: 80 });
    command('fault', { kind: 'spike', quantity: 'level' });
    assert.equal(read().values['level'], 100);
  });

  it('T9 repeat the last reading when stuck, until the fault ends', () => {
    const { command, after } = bench();
    command('heater', true);
    const stuck = after(10).values['temperature'];
    command('fault', { kind: 'stuck', durationSeconds: 30 });
    assert.equal(after(10).values['temperature'], stuck);
    const { values, quality } = after(19.999);
    assert.equal(values['temperature'], stuck);
    assert.equal(quality, 'good');
    assert.notEqual(after(0.001).values['temperature'], stuck);
  });

  it('T9 give no value and bad quality when missing, for that quantity only', () => {
    const { command, after, state } = bench();
    command('fault', { kind: 'missing', quantity: 'ph' });
    const { values, quality, qualities } = after(1);
    assert.equal(values['ph'], null);
    assert.equal(qualities['ph'], 'bad');
    assert.equal(qualities['temperature'], 'good');
    assert.equal(quality, 'bad');
    assert.equal(describeFaults(state), 'missing ph');
    command('fault', { kind: 'none', quantity: 'ph' });
    assert.equal(after(1).quality, 'good');
  });

  it('T9 give a code out of range and bad quality with an open circuit', () => {
    const { command, after } = bench();
    command('fault', { kind: 'open' });
    const { values, qualities } = after(1);
    assert.equal(values['temperature'], -127);
    assert.equal(qualities['temperature'], 'bad');
  });

  it('T9 spike for one reading, or as long as asked, and return by themselves', () => {
    const { command, after, state } = bench();
    command('fault', 'spike');
    assert.equal(describeFaults(state), 'spike temperature');
    assert.ok((after(1).values['temperature'] ?? 0) > 29);
    assert.ok((after(1).values['temperature'] ?? 99) < 15);
    assert.equal(describeFaults(state), 'none');
    command('fault', { kind: 'spike', durationSeconds: 20 });
    assert.ok((after(10).values['temperature'] ?? 0) > 29);
    assert.ok((after(9).values['temperature'] ?? 0) > 29);
    assert.ok((after(1).values['temperature'] ?? 99) < 15);
  });

  it('T12 go on from their JSON with the same noise and the same faults', () => {
    const { tank, state, command, after } = bench({ noise: 0.1 });
    command('fault', { kind: 'stuck', quantity: 'lux' });
    after(10);
    const copy = JSON.parse(JSON.stringify(state)) as TankState;
    for (let step = 1; step <= 20; step++) {
      for (const each of [state, copy]) advance(tank, each, START + 10_000 + step * 1000);
      assert.deepEqual(sensorRecord(tank, copy, 'tank'), sensorRecord(tank, state, 'tank'));
    }
  });
});

describe('tank records', () => {
  it('name the units and the source, each message its own copy', () => {
    const { tank, state } = bench();
    const record = sensorRecord(tank, state, 'fish-tank/1');
    assert.equal(record.topic, 'fish-tank/1');
    assert.equal(record.source, 'simulated');
    assert.equal(record.timestamp, START);
    assert.equal(record.units?.['ph'], '[pH]');
    assert.notEqual(record.units, sensorRecord(tank, state, 'fish-tank/1').units);
  });

  it('tell what is true beside what is measured', () => {
    const { tank, state, command, after } = bench({ sensorLagSeconds: 50, stillLagSeconds: 50 });
    command('control', { heater: 40, inflow: true });
    command('fault', 'heater-dead');
    after(60);
    const { topic, payload } = plantRecord(tank, state, 'tank');
    assert.equal(topic, 'tank/plant');
    const plant = payload as Record<string, unknown>;
    assert.equal(plant['heater'], 0);
    assert.equal(plant['inflow'], 100);
    assert.equal(plant['temperature'], state.temperature);
    assert.notEqual(plant['temperature'], state.probe);
    assert.equal(plant['hour'], 8 + 1 / 60);
    assert.equal(plant['fault'], 'heater-dead');
  });
});

describe('tank saved state', () => {
  it('is resumed with all actuators off and its clock moved to now', () => {
    const { tank, state, command, after } = bench({ deadTimeSeconds: 30 });
    command('control', { heater: true, pump: true });
    command('fault', { kind: 'missing', quantity: 'ph', durationSeconds: 100 });
    after(40);
    const saved: unknown = JSON.parse(JSON.stringify(state));
    assert.ok(isTankState(saved));
    const now = START + 1e9;
    const again = resume(tank, saved, now);
    assert.equal(again.timeMs, now);
    assert.deepEqual(Object.values(again.commands), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual(again.heat, { heater: 0, cooler: 0 });
    assert.deepEqual(again.underWay, []);
    assert.equal(again.temperature, state.temperature);
    assert.equal(again.sensors.random, state.sensors.random);
    assert.equal(again.sensors.faults.ph?.untilMs, now + 60_000);
  });

  it('keeps a welded heater welded', () => {
    const { tank, state, command } = bench({ deadTimeSeconds: 30 });
    command('fault', 'heater-welded');
    const again = resume(tank, state, START + 5000);
    assert.equal(again.underWay[0]?.heater, 100);
  });

  it('is refused where it is not a tank', () => {
    const { state } = bench();
    assert.ok(isTankState(state));
    for (const broken of [
      null,
      {},
      { ...state, temperature: null },
      { ...state, ph: 15 },
      { ...state, heaterFault: { kind: 'fire', untilMs: null } },
      { ...state, sensors: { ...state.sensors, random: -1 } },
      {
        ...state,
        sensors: { ...state.sensors, faults: { salt: { kind: 'stuck', untilMs: null, held: null } } },
      },
    ])
      assert.equal(isTankState(broken), false);
  });
});
