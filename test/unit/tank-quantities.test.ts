import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { presets } from '../../nodes/tank-sim/presets.ts';
import { advance, measurable, tankOf } from '../../nodes/tank-sim/tank.ts';
import { classroom, near, running, START } from '../support/tank.ts';

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
