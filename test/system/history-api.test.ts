import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { AlarmEvent } from '../../nodes/lib/alarms.ts';
import type { Sample, SeriesInfo } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { parseCsv } from '../support/csv.ts';
import { statusFor } from '../support/http-status.ts';
import { deployAll, signIn } from '../support/operator.ts';
import { startPlant, type Plant } from '../support/server.ts';

const T0 = Date.UTC(2026, 0, 1);
const SIMULATED = Date.UTC(2000, 0, 1);
const ROWS = 100_000;
const BATCH = 10_000;

const temperature = (row: number): number => 24 + Math.sin(row / 1000) + (row === 54_321 ? 75 : 0);
const words = ['idle', '=1+1', 'a "quoted", word', 'two\nlines', '', 'Grüße'] as const;
const real = (series: string, second: number, value: Sample['value'], unit = ''): Sample => ({
  series,
  timeline: 'real',
  timestamp: T0 + second * 1000,
  value,
  quality: value === null ? 'bad' : 'good',
  source: 'measured',
  unit,
});
const state: readonly Sample[] = words.map((word, index) => real('fish-tank/1/state', index * 7, word));
const heater: readonly Sample[] = [true, false, null, true].map((on, index) =>
  real('fish-tank/1/heater', index * 5, on),
);
const simulated: readonly Sample[] = [1, 2, 3].map((value, index) => ({
  ...real('fish-tank/2/temperature', 0, value, 'Cel'),
  timeline: 'simulated',
  source: 'simulated',
  timestamp: SIMULATED + index * 60_000,
}));

const events: readonly AlarmEvent[] = Array.from({ length: 5 }, (_, index) => ({
  id: `fish-tank/${1 + (index % 2)}/temperature:high`,
  series: `fish-tank/${1 + (index % 2)}/temperature`,
  condition: 'high',
  previous: 'normal',
  state: 'unacknowledged',
  action: 'raised',
  priority: 'high',
  value: index,
  limit: 26,
  unit: 'Cel',
  since: SIMULATED,
  timeline: 'simulated',
  message: 'Temperature is high.',
  at: T0 + index * 60_000,
}));

const place = { z: 'tab', x: 200, y: 100 };
const flows = [
  { id: 'tab', type: 'tab', label: 'Test', disabled: false, info: '' },
  { id: 'database', type: 'plant-database', name: 'main', url: '' },
  { id: 'query', ...place, type: 'history-query', name: '', database: 'database', wires: [[]] },
  // An HTTP node of the same address: it must not take ours away when it closes.
  { id: 'other', ...place, type: 'http in', url: '/api/history', method: 'get', upload: false, wires: [[]] },
];

describe('history over HTTP', function () {
  this.timeout(120_000);
  let folder: string;
  let plant: Plant;
  let viewer: Readonly<Record<string, string>>;

  const get = (path: string, headers: Readonly<Record<string, string>> = viewer): Promise<Response> =>
    fetch(`${plant.url}/api${path}`, { headers, redirect: 'manual' });
  const seriesOf = async (path: string): Promise<Record<string, unknown>[]> => {
    const response = await get(path);
    assert.equal(response.status, 200);
    return ((await response.json()) as { series: Record<string, unknown>[] }).series;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    const dataDir = join(folder, 'data');
    const backend = await openBackend('', { folder: dataDir });
    for (let first = 0; first < ROWS; first += BATCH)
      await backend.history.write(
        Array.from({ length: BATCH }, (_, row) =>
          real('fish-tank/1/temperature', first + row, temperature(first + row), 'Cel'),
        ),
      );
    await backend.history.write([...state, ...heater, ...simulated]);
    for (const event of events) await backend.records.put('alarm-journal', '', { ...event });
    await backend.close();
    writeFileSync(join(folder, 'services.json'), JSON.stringify(flows));
    plant = await startPlant({ dataDir, flowsDir: folder });
    assert.equal(await plant.running, true, plant.output());
    viewer = await signIn(plant.url, 'viewer', plant.passwords()['viewer']);
  });
  after(async () => {
    await plant.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is behind the login', async () => {
    for (const path of [
      '/series',
      '/history?series=a',
      '/history.csv?series=a',
      '/alarms',
      '/history-chart.js',
    ])
      assert.equal((await get(path, {})).status, 401, path);
  });

  it('lists the series of both timelines', async () => {
    const found = (await seriesOf('/series')) as unknown as SeriesInfo[];
    assert.deepEqual(
      found.map(({ name, timeline, unit, kind, first, last }) => [name, timeline, unit, kind, first, last]),
      [
        ['fish-tank/1/heater', 'real', '', 'boolean', T0, T0 + 15_000],
        ['fish-tank/1/state', 'real', '', 'text', T0, T0 + 35_000],
        ['fish-tank/1/temperature', 'real', 'Cel', 'number', T0, T0 + (ROWS - 1) * 1000],
        ['fish-tank/2/temperature', 'simulated', 'Cel', 'number', SIMULATED, SIMULATED + 120_000],
      ],
    );
  });

  it('a spike of one second is in the buckets of the whole', async () => {
    const [stretch] = await seriesOf(
      `/history?series=fish-tank/1/temperature&from=${T0}&to=${T0 + ROWS * 1000}&points=100`,
    );
    const { timestamps, max, count, bucketMs } = stretch as Record<string, number[]>;
    assert.ok(timestamps && max && count && timestamps.length <= 100);
    assert.equal(Math.max(...max), temperature(54_321));
    assert.equal(
      count.reduce((sum, each) => sum + each, 0),
      ROWS,
    );
    const bucket = max.indexOf(Math.max(...max));
    const start = timestamps[bucket] ?? NaN;
    const spike = T0 + 54_321_000;
    assert.ok(start <= spike && spike < start + Number(bucketMs));
  });

  it('a stretch that is short is what was measured; a simulated plant has its own now', async () => {
    const [short] = await seriesOf(
      '/history?series=fish-tank/1/temperature&from=2026-01-01&to=2026-01-01T00:00:03',
    );
    assert.deepEqual(short?.['values'], [0, 1, 2].map(temperature));
    const [late] = await seriesOf('/history?series=fish-tank/2/%23&from=-1m');
    assert.deepEqual(late?.['values'], [2, 3]);
    assert.deepEqual((await seriesOf('/history?series=fish-tank/1/heater&from=2026-01-01'))[0]?.['values'], [
      true,
      false,
      null,
      true,
    ]);
  });

  it('a download read back is what was stored', async () => {
    const response = await get('/history.csv?series=fish-tank/1/%23&from=2026-01-01&to=2026-01-03');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.match(
      response.headers.get('content-disposition') ?? '',
      /^attachment; filename="history_[\dTZ_]+\.csv"$/,
    );
    const [header, ...rows] = parseCsv(await response.text());
    assert.deepEqual(header, [
      'time',
      'fish-tank/1/heater',
      'fish-tank/1/state',
      'fish-tank/1/temperature [Cel]',
    ]);
    assert.equal(rows.length, ROWS);
    const textAt = new Map([...heater, ...state].map((one) => [`${one.series} ${one.timestamp}`, one.value]));
    for (const [row, [time = '', on, word, degrees]] of rows.entries()) {
      const at = T0 + row * 1000;
      assert.equal(Date.parse(time), at);
      assert.equal(Number(degrees), temperature(row));
      assert.equal(on, String(textAt.get(`fish-tank/1/heater ${at}`) ?? ''));
      assert.equal(word, String(textAt.get(`fish-tank/1/state ${at}`) ?? '').replace(/^=/, "'="));
    }
  });

  it('serves the script of the charts', async () => {
    const response = await get('/history-chart.js');
    assert.equal(response.status, 200);
    assert.match(await response.text(), /history-chart/);
    const etag = response.headers.get('etag') ?? '';
    const url = `${plant.url}/api/history-chart.js`;
    assert.equal(await statusFor(url, { ...viewer, 'If-None-Match': etag }), 304);
  });

  it('has the journal of the alarms, newest first', async () => {
    const page = async (query: string): Promise<unknown> => {
      const { total, events: found } = (await (await get(`/alarms${query}`)).json()) as {
        total: number;
        events: AlarmEvent[];
      };
      return [total, found.map(({ value }) => value)];
    };
    const all = `?from=${T0}&to=${T0 + 3_600_000}`;
    assert.deepEqual(await page(all), [5, [4, 3, 2, 1, 0]]);
    assert.deepEqual(await page(`${all}&limit=2&offset=1`), [5, [3, 2]]);
    assert.deepEqual(await page(`${all}&series=fish-tank/1/temperature`), [3, [4, 2, 0]]);
    assert.deepEqual(await page(`${all}&series=fish-tank/%2B/temperature&limit=3`), [5, [4, 3, 2]]);
    assert.deepEqual(await page(`?from=${T0 + 60_000}&to=${T0 + 180_000}`), [2, [2, 1]]);
    assert.deepEqual(await page('?from=-1h'), [0, []]);
    const [newest] = ((await (await get(`/alarms${all}&limit=1`)).json()) as { events: AlarmEvent[] }).events;
    assert.deepEqual(newest, events[4]);
  });

  it('has no limits where there are no alarms', async () =>
    assert.deepEqual(await (await get('/alarms/limits')).json(), { limits: [] }));

  for (const [path, status, error] of [
    ['/history', 400, /^series: /],
    ['/history?series=a%23', 400, /^series: /],
    ['/history?series=a&from=yesterday', 400, /^from: .+ got "yesterday"$/],
    ['/history?series=fish-tank/1/heater&from=now&to=day-1', 400, /^from: must not be after to/],
    ['/history?series=a&points=5001', 400, /^points: /],
    ['/history?series=a&timeline=past', 400, /^timeline: /],
    ['/history?series=a&database=other', 404, /^database: /],
    ["/history?series=a&x=<script>alert('x')</script>", 400, /^"x": /],
    ['/alarms?limit=many', 400, /^limit: /],
  ] as const)
    it(`${status} ${path}`, async () => {
      const response = await get(path);
      assert.equal(response.status, status);
      assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.match(((await response.json()) as { error: string }).error, error);
    });

  it('changes nothing: 403 for a viewer, 405 for an operator', async () => {
    const operator = await signIn(plant.url, 'operator', plant.passwords()['operator']);
    for (const [headers, status] of [
      [viewer, 403],
      [operator, 405],
    ] as const) {
      const { status: answered } = await fetch(`${plant.url}/api/history?series=a`, {
        method: 'DELETE',
        headers,
      });
      assert.equal(answered, status);
    }
  });

  it('whatever is asked, the server is never at fault', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/series', '/history', '/history.csv', '/alarms', '/alarms/limits'),
        fc.dictionary(
          fc.constantFrom('series', 'timeline', 'from', 'to', 'points', 'tz', 'qualities', 'limit', 'offset'),
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('fish-tank/2/#', 'fish-tank/1/state', '-24h', '-999999999w', 'now', 'day-1', '1'),
            fc.integer().map(String),
          ),
        ),
        async (path, parameters) => {
          const search = new URLSearchParams(
            Object.entries(parameters).map(([name, value]) => [name, value.toWellFormed()]),
          );
          const response = await get(`${path}?${search.toString()}`);
          const text = await response.text();
          assert.ok([200, 400].includes(response.status), `${response.status} ${text}`);
        },
      ),
      { numRuns: 200 },
    ));

  it('is there after a deploy as before', async () => {
    await deployAll(plant.url, plant.passwords()['admin']);
    for (;;) {
      const { status } = await get('/series');
      if (status === 200) break;
      assert.equal(status, 503); // until the database runs again
    }
    assert.equal((await seriesOf('/history?series=fish-tank/2/%23'))[0]?.['name'], 'fish-tank/2/temperature');
  });
});
