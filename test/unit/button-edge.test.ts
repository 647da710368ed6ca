import assert from 'node:assert/strict';
import { fields, parse } from '../../nodes/button/config.ts';
import { inputOf } from '../../nodes/button/input.ts';
import { lightFor, messageOf } from '../../nodes/button/report.ts';

describe('button: the edge', () => {
  it('B6 B10 reads levels as they come, mirrored by active low, and words, which are not', () => {
    for (const level of [true, 1, '1', 'true']) {
      assert.deepEqual(inputOf(level, false), { pressed: true, word: false });
      assert.deepEqual(inputOf(level, true), { pressed: false, word: false });
    }
    for (const level of [false, 0, '0', 'false']) {
      assert.deepEqual(inputOf(level, false), { pressed: false, word: false });
      assert.deepEqual(inputOf(level, true), { pressed: true, word: false });
    }
    for (const activeLow of [true, false]) {
      assert.deepEqual(inputOf('press', activeLow), { pressed: true, word: true });
      assert.deepEqual(inputOf('release', activeLow), { pressed: false, word: true });
    }
  });

  for (const [payload, text] of [
    [2, '2'],
    ['', '""'],
    ['on', '"on"'],
    ['Press', '"Press"'],
    [null, 'null'],
    [undefined, 'nothing'],
    [NaN, 'NaN'],
    [{ pressed: true }, '{"pressed":true}'],
  ] as const)
    it(`refuses ${text}`, () =>
      assert.throws(() => inputOf(payload, true), {
        message: `payload: must be true, false, 1, 0, "press" or "release", got ${text}`,
      }));

  it('says what there is to say, in whole ms', () => {
    assert.deepEqual(messageOf({ kind: 'state', pressed: true, at: 7 }, 'start'), {
      topic: 'start/state',
      payload: true,
      timestamp: 7,
    });
    assert.deepEqual(messageOf({ kind: 'press', at: 7 }, 'start'), {
      topic: 'start',
      payload: 'press',
      timestamp: 7,
    });
    assert.deepEqual(messageOf({ kind: 'click', at: 7, heldMs: 0.4, count: 1 }, 'start'), {
      topic: 'start',
      payload: 'click',
      timestamp: 7,
      heldMs: 0,
      count: 1,
    });
  });

  it('shows the state', () =>
    assert.deepEqual(
      [undefined, true, false].map((pressed) => Object.values(lightFor(pressed))),
      [
        ['waiting', 'no level'],
        ['nominal', 'pressed'],
        ['idle', 'released'],
      ],
    ));

  it('has the defaults of the specification, in the order of the flow file', () =>
    assert.deepEqual(
      Object.entries(fields).map(([name, { value }]) => [name, value]),
      [
        ['name', ''],
        ['clock', ''],
        ['outputTopic', ''],
        ['activeLow', true],
        ['method', 'settle'],
        ['debounceMs', 25],
        ['clickMs', 500],
        ['doubleEnabled', false],
        ['doubleGapMs', 300],
        ['longMs', 1000],
        ['repeatMs', 250],
        ['initial', false],
      ],
    ));

  it('refuses times that are none', () => {
    for (const [field, value] of [
      ['debounceMs', -1],
      ['clickMs', 0],
      ['doubleGapMs', ''],
      ['longMs', '1.5'],
      ['repeatMs', 'often'],
      ['method', 'hope'],
    ] as const)
      assert.throws(() => parse({ [field]: value }), new RegExp(`^Error: ${field}: must be `));
  });
});
