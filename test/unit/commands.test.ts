import assert from 'node:assert/strict';
import { described, obey } from '../../nodes/clock-control/commands.ts';
import { createClock } from '../../nodes/lib/clock.ts';
import { shown } from '../../nodes/lib/number.ts';
import { fakeHost } from '../support/fake-host.ts';

const START = Date.UTC(2000, 0, 1, 8);
const scaled = () => createClock({ mode: 'scaled', speed: 60, startMs: START }, fakeHost());

describe('clock-control: commands', () => {
  const cases: [string, unknown, { speed: number; paused: boolean }][] = [
    ['speed', 600, { speed: 600, paused: false }],
    ['speed', '0.1', { speed: 0.1, paused: false }],
    ['pause', true, { speed: 60, paused: true }],
    ['pause', undefined, { speed: 60, paused: true }],
    ['pause', '', { speed: 60, paused: true }],
    ['pause', 'true', { speed: 60, paused: true }],
    ['pause', false, { speed: 60, paused: false }],
    ['pause', 'false', { speed: 60, paused: false }],
    ['reset', undefined, { speed: 60, paused: false }],
    ['state', undefined, { speed: 60, paused: false }],
  ];
  for (const [topic, payload, expected] of cases)
    it(`${topic} with ${shown(payload)}`, () => {
      const clock = scaled();
      obey(clock, topic, payload);
      const { speed, paused } = clock.state();
      assert.deepEqual({ speed, paused }, expected);
    });

  it('false lets a paused clock go on, reset does both', () => {
    const clock = scaled();
    obey(clock, 'pause', true);
    obey(clock, 'pause', false);
    assert.equal(clock.state().paused, false);
    obey(clock, 'speed', 2);
    obey(clock, 'pause', true);
    obey(clock, 'reset', undefined);
    const { speed, paused } = clock.state();
    assert.deepEqual({ speed, paused }, { speed: 60, paused: false });
  });

  const refused: [unknown, unknown, string][] = [
    ['speed', 'fast', 'payload: speed must be a number, got "fast"'],
    ['speed', undefined, 'payload: speed must be a number, got nothing'],
    ['speed', 601, 'speed: must be a number of at least 0.1 and at most 600, got 601'],
    ['speed', 0, 'speed: must be a number of at least 0.1 and at most 600, got 0'],
    ['pause', 'later', 'payload: pause must be true or false, got "later"'],
    ['pause', 1_700_000_000_000, 'payload: pause must be true or false, got 1700000000000'],
    ['stop', true, 'topic: must be one of speed, pause, reset, state, got "stop"'],
    ['toString', true, 'topic: must be one of speed, pause, reset, state, got "toString"'],
    [undefined, true, 'topic: must be one of speed, pause, reset, state, got nothing'],
    [5, true, 'topic: must be one of speed, pause, reset, state, got 5'],
  ];
  for (const [topic, payload, message] of refused)
    it(`refuses ${shown(topic)} with ${shown(payload)}`, () => {
      const clock = scaled();
      assert.throws(() => obey(clock, topic, payload), { message });
      assert.deepEqual(clock.state(), scaled().state());
    });

  it('a real clock refuses all but state', () => {
    const clock = createClock({ mode: 'real', speed: 1, startMs: 0 }, fakeHost());
    for (const [topic, payload] of [
      ['speed', 2],
      ['pause', true],
      ['pause', false],
      ['reset', undefined],
    ] as const)
      assert.throws(() => obey(clock, topic, payload), /a real clock has no pause and no speed/);
    obey(clock, 'state', undefined);
  });
});

describe('clock-control: the state as a record', () => {
  const state = { mode: 'scaled', speed: 60, paused: false, lagging: true, now: START } as const;
  it('tells everything, with the time as a person reads it', () =>
    assert.deepEqual(described(state), {
      mode: 'scaled',
      speed: 60,
      paused: false,
      lagging: true,
      time: '2000-01-01T08:00:00.000Z',
      hour: 8,
    }));

  const hours: [string, number][] = [
    ['2000-01-01T00:00:00Z', 0],
    ['2000-01-01T23:30:00Z', 23.5],
    ['1969-12-31T18:00:00Z', 18],
    ['1969-12-31T00:00:00Z', 0],
  ];
  for (const [time, hour] of hours)
    it(`the hour of ${time}`, () =>
      assert.equal(described({ ...state, now: Date.parse(time) })['hour'], hour));
});
