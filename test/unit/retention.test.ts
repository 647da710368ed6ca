import assert from 'node:assert/strict';
import type { SeriesInfo } from '../../nodes/lib/store.ts';
import { cutsOf } from '../../nodes/plant-database/retention.ts';
import { DAY, HOUR } from '../support/store-oracle.ts';

const DAYS = 24 * HOUR;
const series = (name: string, timeline: SeriesInfo['timeline'], last: number): SeriesInfo => ({
  id: 1,
  name,
  timeline,
  kind: 'number',
  unit: '',
  source: 'measured',
  first: 0,
  last,
});
const rules = [
  { series: 'tank/#', rawDays: 1, minuteDays: 2, hourDays: 0 },
  { series: '#', rawDays: 10, minuteDays: 0, hourDays: 0 },
];
const cuts = (now: number, ...all: readonly SeriesInfo[]): unknown[] =>
  cutsOf(all, rules, now).map(({ series: { name }, level, before }) => [name, level, before]);

describe('retention', () => {
  it('takes the first rule that fits, level by level, in whole hours', () =>
    assert.deepEqual(cuts(DAY + 1, series('tank/1', 'real', DAY + 1), series('other', 'real', DAY)), [
      ['tank/1', 'raw', DAY - DAYS],
      ['tank/1', 'minute', DAY - 2 * DAYS],
      ['other', 'raw', DAY - 10 * DAYS],
    ]));

  it('leaves alone what no rule names', () =>
    assert.deepEqual(cutsOf([series('other', 'real', DAY)], rules.slice(0, 1), DAY), []));

  it('counts in real time from the newest of all: a sensor that was taken away is not kept for ever', () =>
    assert.deepEqual(cuts(DAY + DAYS, series('a', 'real', 0), series('b', 'real', DAY)), [
      ['a', 'raw', DAY - 10 * DAYS],
      ['b', 'raw', DAY - 10 * DAYS],
    ]));

  it('but never from later than now: one that dreams of the future deletes nothing', () =>
    assert.deepEqual(cuts(DAY, series('a', 'real', DAY), series('b', 'real', DAY + 1000 * DAYS)), [
      ['a', 'raw', DAY - 10 * DAYS],
      ['b', 'raw', DAY - 10 * DAYS],
    ]));

  it('counts in simulated time from the newest of the series: each plant has its own clock', () =>
    assert.deepEqual(
      cuts(
        DAY,
        series('a', 'simulated', 30 * DAYS),
        series('b', 'simulated', DAY + 1000 * DAYS),
        series('c', 'real', DAY),
      ),
      [
        ['a', 'raw', 20 * DAYS],
        ['b', 'raw', DAY + 990 * DAYS],
        ['c', 'raw', DAY - 10 * DAYS],
      ],
    ));
});
