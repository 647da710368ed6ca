import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {
  BucketStretch,
  ChartEvent,
  ChartLimit,
  ListedSeries,
  RawStretch,
} from '../../nodes/history-api/chart/answers.ts';
import { columnsOf, panelsOf, summaryOf } from '../../nodes/history-api/chart/columns.ts';
import { firstSeries } from '../../nodes/history-api/chart/first.ts';
import {
  bytesText,
  clockText,
  dayText,
  DAY,
  decimalsFor,
  HOUR,
  momentText,
  numberText,
  seriesWords,
  spanText,
  tickTexts,
  unitWord,
  valueText,
} from '../../nodes/history-api/chart/format.ts';
import {
  boundsOf,
  choiceFrom,
  fieldsOf,
  hashOf,
  historyQuery,
  momentOf,
  shiftedDays,
  zoomed,
  type Choice,
} from '../../nodes/history-api/chart/ranges.ts';
import { axisRange, drawnLimits, marksOf, nearestMark } from '../../nodes/history-api/chart/scales.ts';
import { aligned } from '../../nodes/history-api/chart/table.ts';
import { faded, isDark } from '../../nodes/history-api/chart/theme.ts';
import { labelsOf, panelSummary, readingText } from '../../nodes/history-api/chart/words.ts';

const START = Date.UTC(2000, 0, 1);
const raw = (values: RawStretch['values'], more: Partial<RawStretch> = {}): RawStretch => ({
  name: 'pond/1/temperature',
  timeline: 'simulated',
  kind: 'number',
  unit: 'Cel',
  source: 'simulated',
  from: START,
  to: START + HOUR,
  level: 'raw',
  timestamps: values.map((_value, index) => START + index * 1000),
  values,
  qualities: values.map(() => 'good'),
  ...more,
});
const buckets = (more: Partial<BucketStretch> = {}): BucketStretch => ({
  ...raw([]),
  level: 'minute',
  bucketMs: 60_000,
  timestamps: [START, START + 60_000, START + 600_000],
  min: [1, 2, 3],
  mean: [2, 3, 4],
  max: [5, 9, 6],
  count: [60, 30, 10],
  ...more,
});

describe('chart: what it begins with', () => {
  const series = (name: string, more: Partial<ListedSeries> = {}): ListedSeries => ({
    name,
    timeline: 'real',
    kind: 'number',
    unit: '',
    source: 'measured',
    first: START,
    last: START,
    ...more,
  });
  const mode = series('a/mode', { kind: 'text' });
  const lamp = series('a/temperature', { kind: 'boolean' });
  const level = series('tank/1/level');
  const warm = series('tank/1/temperature');
  const warmer = series('tank/2/temperature');
  const limit = ({ name: of, timeline }: ListedSeries) => ({ series: of, timeline });
  const cases: [string, ListedSeries[], ReturnType<typeof limit>[], ListedSeries | undefined][] = [
    ['the one with alarm limits', [mode, level, warm, warmer], [limit(warmer)], warmer],
    ['of several with limits the temperature', [level, warm, warmer], [level, warmer].map(limit), warmer],
    ['of several with limits the first number', [mode, level, warm], [mode, level].map(limit), level],
    ['without limits the first temperature that is a number', [mode, lamp, level, warm, warmer], [], warm],
    ['without a temperature the first number', [mode, lamp, level], [], level],
    ['else the first', [mode, lamp], [], mode],
    [
      'not one whose limits are of another time',
      [level, warm],
      [{ ...limit(level), timeline: 'simulated' }],
      warm,
    ],
    [
      'the same name in the time that has the limits',
      [warm, { ...warm, timeline: 'simulated' }],
      [{ ...limit(warm), timeline: 'simulated' }],
      { ...warm, timeline: 'simulated' },
    ],
    ['nothing where nothing is recorded', [], [limit(warm)], undefined],
  ];
  for (const [name, all, limits, first] of cases)
    it(name, () => assert.deepEqual(firstSeries(all, limits), first));
});

describe('chart: words', () => {
  const moments: [number, 'real' | 'simulated', string][] = [
    [START, 'simulated', 'Day 1, 00:00:00'],
    [START + 2 * DAY + 9 * HOUR + 7 * 60_000, 'simulated', 'Day 3, 09:07:00'],
    [Date.UTC(2025, 10, 21, 23, 30), 'simulated', '21 Nov 2025, 23:30:00'],
    [Date.UTC(2025, 10, 21, 23, 30), 'real', '22 Nov 2025, 00:30:00'],
    // Twenty years of simulation are still told by their date where the time is real.
    [START, 'real', '1 Jan 2000, 01:00:00'],
  ];
  for (const [at, timeline, text] of moments)
    it(`${timeline} ${at} is ${text}`, () =>
      assert.equal(momentText(at, timeline, true, 'Europe/Berlin'), text));

  it('says the day below the first tick and where it is new', () => {
    const ticks = [20, 22, 24, 26].map((hour) => START + hour * HOUR);
    assert.deepEqual(tickTexts(ticks, 2 * HOUR, 'simulated'), [
      '20:00\nDay 1',
      '22:00',
      '00:00\nDay 2',
      '02:00',
    ]);
    assert.deepEqual(tickTexts([START, START + DAY], DAY, 'simulated'), ['Day 1', 'Day 2']);
    const day = Date.UTC(2025, 10, 21, 12);
    assert.deepEqual(tickTexts([day], DAY, 'real', 'UTC'), ['21 Nov']);
    assert.deepEqual(tickTexts([day], 30 * DAY, 'real', 'UTC'), ['Nov 2025']);
    assert.deepEqual(tickTexts([day, day + 5000], 5000, 'real', 'UTC'), ['12:00:00\n21 Nov', '12:00:05']);
  });
  it('leaves out seconds that do not matter', () =>
    assert.equal(clockText(START + 9 * HOUR, 'simulated', false), '09:00'));
  it('days of a simulation begin with 1', () => assert.equal(dayText(START + DAY, 'simulated'), 'Day 2'));

  const spans: [number, string][] = [
    [500, '1 s'],
    [5000, '5 s'],
    [60_000, '1 min'],
    [90 * 60_000, '90 min'],
    [DAY, '24 h'],
    [30 * DAY, '30 days'],
  ];
  for (const [ms, text] of spans) it(`${ms} ms is ${text}`, () => assert.equal(spanText(ms), text));

  const bytes: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_234_567, '1.2 MB'],
    [123_456_789, '123 MB'],
    [5e15, '5000 TB'],
  ];
  for (const [count, text] of bytes)
    it(`${count} bytes are ${text}`, () => assert.equal(bytesText(count), text));

  it('reads a series as people call it', () => {
    assert.deepEqual(seriesWords('fish-tank/1/room_temperature'), {
      group: 'Fish tank 1',
      label: 'Room temperature',
    });
    assert.deepEqual(seriesWords('fish-tank/1/ph', '[pH]'), { group: 'Fish tank 1', label: 'pH' });
    assert.deepEqual(seriesWords('fish-tank/1/ranges/ph/max'), {
      group: 'Fish tank 1',
      label: 'Ranges ph max',
    });
    assert.deepEqual(seriesWords('power/fuel-cell/voltage'), {
      group: 'Power',
      label: 'Fuel cell voltage',
    });
    assert.deepEqual(seriesWords('level'), { group: 'Other', label: 'Level' });
  });
  it('leaves out of a label what all have', () => {
    const other = raw([1], { name: 'pond/2/temperature' });
    assert.deepEqual(labelsOf([raw([1])]), ['Temperature']);
    assert.deepEqual(labelsOf([raw([1]), other]), ['Pond 1 Temperature', 'Pond 2 Temperature']);
  });

  it('writes numbers without noise', () => {
    assert.equal(numberText(-0.001, 1), '0.0');
    assert.equal(numberText(-1.25, 1), '−1.3');
    assert.equal(valueText(24.56, 'Cel', 1), '24.6 °C');
    assert.equal(valueText(3, '', 0), '3');
    assert.equal(valueText(null, 'Cel', 1), '–');
    assert.deepEqual([0.02, 0.4, 3, 30, 300, 0, Number.NaN].map(decimalsFor), [3, 2, 1, 0, 0, 2, 2]);
    assert.equal(unitWord('hPa'), 'hPa');
  });
});

describe('chart: columns', () => {
  it('what is bad, missing or no number is a gap, never 0', () => {
    const { line } = columnsOf(
      raw([1, null, 'x', Number.NaN, 5], { qualities: ['good', 'good', 'good', 'good', 'bad'] }),
    );
    assert.deepEqual(line, [1, null, null, null, null]);
  });
  it('silence is a gap', () => {
    const at = [0, 1000, 2000, 9000, 10_000].map((ms) => START + ms);
    const { at: times, line } = columnsOf(raw([1, 2, 3, 4, 5], { timestamps: at }));
    assert.deepEqual(line, [1, 2, 3, null, 4, 5]);
    assert.equal(times[3], START + 5500);
  });
  it('a switch holds its value, however long', () => {
    const switched = raw([true, false, true], {
      kind: 'boolean',
      unit: '',
      timestamps: [START, START + 1, START + DAY],
    });
    assert.deepEqual(columnsOf(switched).line, [1, 0, 1]);
  });
  it('a bucket stands at its middle, and a missing one is a gap', () => {
    const { at, line, low, high } = columnsOf(buckets());
    assert.deepEqual(line, [2, 3, null, 4]);
    assert.deepEqual(low, [1, 2, null, 3]);
    assert.deepEqual(high, [5, 9, null, 6]);
    assert.equal(at[0], START + 30_000);
  });
  it('buckets of a series that comes more rarely than they do hang together', () => {
    const timestamps = [0, 10, 20, 30].map((minute) => START + minute * 60_000);
    const four = [1, 1, 1, 1];
    const rare = buckets({ timestamps, min: four, mean: four, max: four, count: four });
    assert.deepEqual(columnsOf(rare).line, four);
  });
  it('keeps every value and the order of time', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer())), (steps) => {
        let at = START;
        const timestamps = steps.map(([step]) => (at += step));
        const values = steps.map(([, value]) => value);
        const columns = columnsOf(raw(values, { timestamps }));
        assert.deepEqual(
          columns.line.filter((value) => value !== null),
          values,
        );
        assert.deepEqual(
          columns.at,
          [...columns.at].sort((a, b) => a - b),
        );
      }),
    ));

  it('has a column for every line and every edge, also where nothing was measured', () => {
    const dataOf = (...series: (RawStretch | BucketStretch)[]): unknown =>
      aligned({ unit: 'Cel', kind: 'number', series }).data;
    const none = buckets({ timestamps: [], min: [], mean: [], max: [], count: [] });
    assert.deepEqual(dataOf(raw([])), [[], []]);
    assert.deepEqual(dataOf(raw([]), none), [[], [], [], [], []]);
    const times = [START, START + 1000];
    assert.deepEqual(dataOf(raw([1, 2])), [times, [1, 2]]);
    assert.deepEqual(dataOf(raw([]), raw([1, 2])), [times, [undefined, undefined], [1, 2]]);
  });
  it('sums up what is shown; a mean counts every measurement once', () => {
    assert.deepEqual(summaryOf(raw([1, null, 4])), {
      count: 2,
      min: 1,
      mean: 2.5,
      max: 4,
      last: 4,
      lastAt: START + 2000,
    });
    assert.deepEqual(summaryOf(buckets()), {
      count: 100,
      min: 1,
      mean: 2.5,
      max: 9,
      last: 4,
      lastAt: START + 600_000,
    });
    assert.equal(summaryOf(raw([])).mean, null);
  });

  it('one chart per unit, switches apart, texts nowhere', () => {
    const panels = panelsOf([
      raw([1]),
      raw([1], { name: 'a', unit: '%' }),
      raw([true], { name: 'b', kind: 'boolean', unit: '' }),
      raw([2], { name: 'c' }),
      raw(['x'], { name: 'd', kind: 'text' }),
    ]);
    assert.deepEqual(
      panels.map(({ unit, kind, series }) => [unit, kind, series.map(({ name }) => name)]),
      [
        ['Cel', 'number', ['pond/1/temperature', 'c']],
        ['%', 'number', ['a']],
        ['', 'boolean', ['b']],
      ],
    );
  });
  it('is told in a sentence', () => {
    const [panel] = panelsOf([buckets()]);
    assert.ok(panel);
    assert.equal(
      panelSummary(panel, { from: START, to: START + HOUR, timeline: 'simulated' }),
      'Chart from Day 1, 00:00 to Day 1, 01:00. Temperature: 1.0 to 9.0, mean 2.5, last 4.0 °C.',
    );
  });
  it('tells what a switch was', () => {
    const one = raw([true], { kind: 'boolean' });
    assert.deepEqual(
      [0, 1, 0.25].map((value) => readingText(one, 0, value).value),
      ['off', 'on', '25 % on'],
    );
    assert.deepEqual(readingText(raw([1]), 1, 2, 1, 3), { value: '2.0 °C', span: '1.0 to 3.0' });
    assert.equal(readingText(raw([1]), 1, null).value, 'no value');
  });
});

describe('chart: ranges', () => {
  const choice: Choice = {
    timeline: 'simulated',
    series: ['fish-tank/1/ph', 'a b/ü'],
    range: { kind: 'last', ms: DAY },
  };
  it('asks for what was measured last too', () => {
    assert.equal(
      historyQuery(choice, START + DAY, 500),
      `series=fish-tank%2F1%2Fph&series=a+b%2F%C3%BC&timeline=simulated&from=${START}&to=${START + DAY + 1}&points=500`,
    );
    const between: Choice = { ...choice, range: { kind: 'between', from: 1, to: 2 } };
    assert.match(historyQuery(between, START), /from=1&to=2$/);
  });
  it('a view comes back from its address', () => {
    for (const range of [choice.range, { kind: 'between', from: -5, to: 7 }] as const)
      assert.deepEqual(choiceFrom(hashOf({ ...choice, range })), { ...choice, range });
  });
  for (const hash of [
    '',
    '#',
    '#series=',
    '#series=a',
    '#series=a&last=0',
    '#series=a&from=2&to=1',
    '#series=a&last=x',
  ])
    it(`'${hash}' is no view`, () => assert.equal(choiceFrom(hash), undefined));

  it('goes back and forward by a day, and with the time again', () => {
    const newest = START + 10 * DAY;
    const back = shiftedDays(choice.range, -1, newest);
    assert.deepEqual(boundsOf(back, newest), { from: newest - 2 * DAY, to: newest - DAY });
    assert.deepEqual(shiftedDays(back, 1, newest), choice.range);
    assert.deepEqual(shiftedDays(choice.range, 1, newest), choice.range);
  });
  it('zooms into what was drawn over, from either side, a second at least', () => {
    assert.deepEqual(zoomed(5000.4, 1000.2), { kind: 'between', from: 1000, to: 5000 });
    assert.deepEqual(zoomed(1, 2), { kind: 'between', from: 1, to: 1001 });
  });
  it('fields and moments are the same thing', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: -10, max: 1e6 }),
        fc.constantFrom('simulated', 'real'),
        (minutes, timeline) => {
          const at = START + minutes * 60_000;
          assert.equal(momentOf(fieldsOf(at, timeline), timeline), at);
        },
      ),
    ));
  it('counts the days of a simulation', () =>
    assert.deepEqual(fieldsOf(START + DAY + 9 * HOUR, 'simulated'), { day: '2', clock: '09:00' }));
  for (const [day, clock] of [
    ['', '09:00'],
    ['1.5', '09:00'],
    ['1', '24:00'],
    ['1', '9'],
  ] as const)
    it(`day '${day}' ${clock} is no moment`, () =>
      assert.equal(momentOf({ day, clock }, 'simulated'), undefined));
  it('there is no 31 June', () =>
    assert.equal(momentOf({ day: '2025-06-31', clock: '09:00' }, 'real'), undefined));
});

describe('chart: scales', () => {
  it('has room, and limits that are near', () => {
    const [low, high] = axisRange([20, 24], [26, 80]);
    assert.ok(low < 20 && low > 19);
    assert.ok(high > 26 && high < 27);
  });
  it('holds all that is drawn, has a span, and no negative part for what is never negative', () =>
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (low, span) => {
          const [bottom, top] = axisRange([low, low + span], []);
          assert.ok(bottom <= low && top >= low + span && bottom < top, `${bottom} ${top}`);
          assert.ok(low < 0 || bottom >= 0);
        },
      ),
    ));
  it('without numbers it is about the limit', () => {
    assert.deepEqual(axisRange(undefined, []), [0, 1.06]);
    const [low, high] = axisRange(undefined, [25]);
    assert.ok(low < 25 && high > 25);
  });

  const limit = (condition: string, value: number, series = 'a'): ChartLimit => ({
    series,
    timeline: 'real',
    condition,
    limit: value,
    unit: 'Cel',
    priority: 'high',
  });
  it('draws the limits of what is shown, once', () =>
    assert.deepEqual(
      drawnLimits(
        [
          limit('high', 26),
          limit('high', 26, 'b'),
          limit('rate', 1),
          limit('low', 2, 'c'),
          limit('low', Number.NaN),
        ],
        ['a', 'b'],
      ),
      [limit('high', 26)],
    ));

  const event = (action: string, since: number, series = 'a', priority = 'high'): ChartEvent => ({
    id: `${series}:high`,
    series,
    timeline: 'real',
    action,
    priority,
    since,
    message: `${action} at ${since}`,
  });
  const marks = marksOf(
    [
      event('cleared', 30),
      event('raised', 20),
      event('raised', 10, 'a', 'low'),
      event('acknowledged', 25),
      event('raised', 20, 'b'),
      event('raised', 200),
    ],
    ['a'],
    { from: 0, to: 100 },
  );
  it('marks where alarms began and ended', () =>
    assert.deepEqual(
      marks.map(({ at, look }) => [at, look]),
      [
        [10, 'warn'],
        [20, 'bad'],
        [30, 'good'],
      ],
    ));
  it('finds the mark under the mouse', () => {
    assert.equal(nearestMark(marks, 23, 5)?.at, 20);
    assert.equal(nearestMark(marks, 50, 5), undefined);
  });
  it('knows a dark page by its ink', () => {
    assert.equal(isDark('rgb(226, 237, 241)'), true);
    assert.equal(isDark('rgb(18, 38, 46)'), false);
    assert.equal(faded('#0b7285', 0.2), 'rgba(11, 114, 133, 0.2)');
    assert.equal(faded('rgba(1, 2, 3, 0.72)', 0.5), 'rgba(1, 2, 3, 0.5)');
  });
});
