import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newestOr, pointsOf, stretches, TooMuch } from '../../nodes/history-query/answers.ts';
import { tableOf } from '../../nodes/history-query/csv.ts';
import { textCell } from '../../nodes/lib/csv-cell.ts';
import { parseQuery } from '../../nodes/history-query/query.ts';
import type { HistoryStore, Sample } from '../../nodes/lib/store.ts';
import { parseCsv } from '../support/csv.ts';
import { memoryHistory } from '../support/memory-history.ts';

const T0 = Date.UTC(2026, 10, 20);
const now = newestOr(T0 + 3_600_000);
const sample = (series: string, at: number, value: Sample['value'], more: Partial<Sample> = {}): Sample => ({
  series,
  timeline: 'real',
  timestamp: T0 + at,
  value,
  quality: value === null ? 'bad' : 'good',
  source: 'measured',
  unit: '',
  ...more,
});
const filled = async (...samples: readonly Sample[]): Promise<HistoryStore> => {
  const history = memoryHistory();
  await history.write(samples);
  return history;
};
const csvOf = async (history: HistoryStore, ask: object, reduced = false): Promise<string> => {
  const { chunks } = await tableOf(history, parseQuery({ series: '#', from: 'day', ...ask }), now, {
    reduced,
  });
  let csv = '';
  for await (const chunk of chunks) csv += chunk;
  return csv;
};

describe('history-query: CSV', () => {
  it('is a header and one row per time, with ISO times and units', async () => {
    const history = await filled(
      sample('fish-tank/1/temperature', 0, 24.5, { unit: 'Cel' }),
      sample('fish-tank/1/temperature', 2000, -0.25, { unit: 'Cel' }),
      sample('fish-tank/1/heater', 0, true),
      sample('fish-tank/1/heater', 1000, false),
      sample('fish-tank/1/temperature', 3000, null, { unit: 'Cel' }),
    );
    assert.equal(
      await csvOf(history, {}),
      [
        'time,fish-tank/1/heater,fish-tank/1/temperature [Cel]',
        '2026-11-20T00:00:00.000Z,true,24.5',
        '2026-11-20T00:00:01.000Z,false,',
        '2026-11-20T00:00:02.000Z,,-0.25',
        '2026-11-20T00:00:03.000Z,,',
        '',
      ].join('\r\n'),
    );
  });

  it('has a column for the quality where it is asked for', async () => {
    const history = await filled(
      sample('a', 0, 1, { unit: 'V' }),
      sample('b', 0, 2, { quality: 'uncertain' }),
      sample('a', 1, null),
    );
    assert.equal(
      await csvOf(history, { qualities: 'true' }),
      'time,a [V],a quality,b,b quality\r\n2026-11-20T00:00:00.000Z,1,good,2,uncertain\r\n2026-11-20T00:00:00.001Z,,bad,,\r\n',
    );
  });

  it('says which timeline a column is where a name is in both', async () => {
    const history = await filled(
      sample('a', 0, 1, { unit: 'V' }),
      sample('a', 0, 2, { unit: 'V', timeline: 'simulated', source: 'simulated' }),
      sample('b', 0, 3),
    );
    const [header] = parseCsv(await csvOf(history, {}));
    assert.deepEqual(header?.toSorted(), ['a (real) [V]', 'a (simulated) [V]', 'b', 'time']);
  });

  it('has buckets where points are asked for: least, mean, greatest and count', async () => {
    const history = await filled(
      ...Array.from({ length: 8 }, (_, index) => sample('a', index * 1000, index, { unit: 'V' })),
    );
    const [header, ...rows] = parseCsv(await csvOf(history, { points: 4 }, true));
    assert.deepEqual(header, ['time', 'a min [V]', 'a mean [V]', 'a max [V]', 'a count']);
    assert.ok(rows.length > 0 && rows.length <= 4);
    assert.equal(
      rows.reduce((sum, row) => sum + Number(row[4]), 0),
      8,
    );
  });

  it('of nothing is a header', async () => {
    assert.equal(await csvOf(await filled(), {}), 'time\r\n');
    assert.equal(await csvOf(await filled(sample('a', -86_400_000, 1)), {}), 'time,a\r\n');
  });

  it('quotes what has to be, and takes the teeth out of formulas', () => {
    for (const [text, wanted] of [
      ['plain', 'plain'],
      ['a,b', '"a,b"'],
      ['say "hi"', '"say ""hi"""'],
      ['two\nlines', '"two\nlines"'],
      ['=1+1', "'=1+1"],
      ['=HYPERLINK("http://evil","x")', `"'=HYPERLINK(""http://evil"",""x"")"`],
      ['+1', "'+1"],
      ['-1', "'-1"],
      ['@SUM(A1)', "'@SUM(A1)"],
      ['\t=1', "'\t=1"],
      [' =1', "' =1"],
      ['\r=1', `"'\r=1"`],
      ['＝1', "'＝1"],
      ['1-2', '1-2'],
      ['', ''],
    ] as const)
      assert.equal(textCell(text), wanted);
  });

  it('a name that is a formula is harmless too', async () =>
    assert.equal(
      await csvOf(await filled(sample('=cmd|calc', 0, 1)), {}),
      "time,'=cmd|calc\r\n2026-11-20T00:00:00.000Z,1\r\n",
    ));

  const scalars = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme-composite' }),
    fc.constantFrom('=1+1', '"', ',', '\r\n', ' ', 'a,"b"\nc', "'x"),
  );
  const rows = fc.array(
    fc.record({ series: fc.constantFrom('a', 'b/c', 'd, "e"', '=f'), at: fc.nat(3000), value: scalars }),
    { maxLength: 300 },
  );
  it('read back by another program it is what was stored, each time once and in order', () =>
    fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (stored, qualities) => {
        const history = await filled(...stored.map(({ series, at, value }) => sample(series, at, value)));
        const [header = [], ...lines] = parseCsv(await csvOf(history, { qualities }));
        const times = lines.map(([time = '']) => Date.parse(time));
        assert.deepEqual(
          times,
          [...new Set(times)].toSorted((a, b) => a - b),
        );
        const expected = new Map<string, string>();
        for (const { series, at, value } of stored) {
          const key = `${T0 + at} ${textOf(series)}`;
          if (expected.has(key)) continue;
          expected.set(key, value === null ? '' : typeof value === 'string' ? textOf(value) : String(value));
        }
        let cells = 0;
        for (const [index, line] of lines.entries()) {
          assert.equal(line.length, header.length);
          for (const [column, text] of line.entries()) {
            const name = header[column] ?? '';
            if (column === 0 || name.endsWith(' quality')) continue;
            const wanted = expected.get(`${times[index]} ${name}`);
            assert.equal(text, wanted ?? '');
            if (wanted !== undefined) cells++;
          }
        }
        assert.equal(cells, expected.size);
      }),
    ));

  it('reads a page at a time, and only as much as somebody takes', async () => {
    const TOTAL = 1_000_000;
    let pages = 0;
    let inMemory = 0;
    /** A series of a million rows that nobody has to keep. */
    const endless: HistoryStore = {
      ...memoryHistory(),
      series: async () =>
        ['a', 'b'].map((name, id) => ({
          id,
          name,
          timeline: 'real' as const,
          kind: 'number' as const,
          unit: '',
          source: 'measured' as const,
          first: T0,
          last: T0 + TOTAL - 1,
        })),
      raw: async (_series, { from, to }, limit) => {
        pages++;
        inMemory = Math.max(inMemory, limit);
        const size = Math.max(0, Math.min(limit, to - from, T0 + TOTAL - from));
        return {
          level: 'raw',
          timestamps: Array.from({ length: size }, (_, row) => from + row),
          values: Array.from({ length: size }, (_, row) => row),
          qualities: Array.from({ length: size }, () => 'good' as const),
        };
      },
    };
    const query = parseQuery({ series: '#', from: T0, to: T0 + TOTAL });
    const { chunks } = await tableOf(endless, query, now, { reduced: false });
    assert.equal(pages, 0);
    await chunks.next();
    assert.equal(pages, 2);
    assert.equal(inMemory, 5000);
    let lines = 0;
    let longest = 0;
    for await (const chunk of chunks) {
      longest = Math.max(longest, chunk.length);
      lines += chunk.split('\r\n').length - 1;
    }
    assert.ok(longest < 40_000, `a chunk of ${longest} characters`);
    assert.ok(lines > TOTAL - 2000 && lines < TOTAL, `${lines} lines after the first chunk`);
    assert.equal(pages, 2 * (TOTAL / 5000));
  });
});
const textOf = (text: string): string => (/^\s*[=+\-@＝＋－＠\t\r\n]/.test(text) ? `'${text}` : text);

describe('history-query: answers', () => {
  it('now is the newest sample of a simulated series and the wall clock of a real one', async () => {
    const history = await filled(
      sample('real', 0, 1),
      sample('simulated', 5000, 2, { timeline: 'simulated', source: 'simulated' }),
    );
    const all = await stretches(history, parseQuery({ series: '#', from: '-2h', to: 'now' }), now);
    assert.deepEqual(
      all.map(({ name, from, to }) => ({ name, from: from - T0, to: to - T0 })),
      [
        { name: 'real', from: -3_600_000, to: 3_600_001 },
        { name: 'simulated', from: 5000 - 7_200_000, to: 5001 },
      ],
    );
    assert.deepEqual(
      all.flatMap((stretch) => ('values' in stretch ? stretch.values : [])),
      [1, 2],
    );
  });

  it('a zone moves the days of real series only', async () => {
    const history = await filled(
      sample('real', 0, 1),
      sample('simulated', 0, 2, { timeline: 'simulated', source: 'simulated' }),
    );
    const all = await stretches(history, parseQuery({ series: '#', from: 'day', tz: 60 }), now);
    assert.deepEqual(
      all.map(({ from }) => from - T0),
      [-3_600_000, 0],
    );
  });

  it('more series than one answer holds are refused in words', async () => {
    const history = await filled(...Array.from({ length: 51 }, (_, index) => sample(`s/${index}`, 0, 1)));
    await assert.rejects(
      stretches(history, parseQuery({ series: 's/#' }), now),
      (cause) =>
        cause instanceof TooMuch && cause.message === 'series: must stand for at most 50 series, got 51',
    );
  });

  it('points for a chart are one object each', async () => {
    const history = await filled(
      sample('a', 0, 1, { unit: 'V' }),
      sample('on', 0, true),
      sample('a', 1, null),
      sample('word', 0, 'idle'),
    );
    assert.deepEqual(pointsOf(await stretches(history, parseQuery({ series: '#', from: 'day' }), now)), [
      { x: T0, y: 1, series: 'a [V]' },
      { x: T0 + 1, y: null, series: 'a [V]' },
      { x: T0, y: 1, series: 'on' },
      { x: T0, y: 'idle', series: 'word' },
    ]);
    const many = await filled(...Array.from({ length: 100 }, (_, index) => sample('a', index, index)));
    const query = parseQuery({ series: 'a', from: T0, to: T0 + 100, points: 10 });
    const points = pointsOf(await stretches(many, query, now));
    assert.ok(points.length <= 10 && points.length > 0);
    for (const { y, min, max } of points) assert.ok(Number(min) <= Number(y) && Number(y) <= Number(max));
  });
});
