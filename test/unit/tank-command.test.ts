import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { advance, applied, initialState } from '../../nodes/tank-sim/tank.ts';
import { classroom, near, running, START } from '../support/tank.ts';

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
    ['a NaN', 'heater', NaN, /payload: must be true, false or a number of 0 to 100 %, got NaN/],
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
