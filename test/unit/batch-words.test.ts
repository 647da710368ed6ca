import assert from 'node:assert/strict';
import type { Limit } from '../../nodes/batch-manager/measured.ts';
import { inWords, moment, span } from '../../nodes/batch-manager/words.ts';
import { storedBatch } from '../support/brewery.ts';

describe('batch-manager: words', () => {
  for (const [at, text] of [
    [Date.UTC(2000, 0, 1, 8, 0, 12), 'Day 1, 08:00:12'],
    [Date.UTC(2000, 0, 15), 'Day 15, 00:00:00'],
    [Date.UTC(2026, 10, 30, 6, 20, 54), '2026-11-30 06:20:54 UTC'],
    [null, '–'],
    [NaN, '–'],
    ['yesterday', '–'],
  ] as const)
    it(`${String(at)} is ${text}`, () => assert.equal(moment(at), text));

  for (const [seconds, text] of [
    [0, '0 s'],
    [30, '30 s'],
    [90, '1 min 30 s'],
    [3600, '1 h'],
    [14 * 86_400, '14 d'],
    [100_000, '1 d 3 h'],
    [-5, '0 s'],
  ] as const)
    it(`${seconds} s are ${text}`, () => assert.equal(span(seconds), text));

  const limit: Limit = {
    Sensor: 'PH',
    min: 0,
    max: 9,
    Unit: '[pH]',
    Lowest: 5,
    Highest: 9.5,
    Mean: 7,
    Count: 2,
    Outside: 1,
  };
  for (const [change, minText, outsideText, keptText] of [
    [{}, '0', '1', 'no'],
    [{ Outside: 0 }, '0', '0', 'yes'],
    [{ Outside: null }, '0', '–', 'not known'],
    [{ Count: 0, Outside: 0 }, '0', '0', '–'],
    [{ min: null, max: null, Outside: null }, '–', '–', 'not watched'],
  ] as const)
    it(`a limit with ${JSON.stringify(change)}: ${keptText}`, () => {
      const report = { batch: storedBatch(), journal: [], alarms: [], from: null, to: null };
      const words = inWords({ ...report, limits: [{ ...limit, ...change }] }, 'olga', 0);
      const [told] = Reflect.get(words, 'limits') as object[];
      assert.deepEqual(told, { ...told, minText, outsideText, keptText, lowestText: '5.00' });
    });
});
