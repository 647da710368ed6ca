import assert from 'node:assert/strict';
import { moment, span } from '../../nodes/batch-manager/words.ts';

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
});
