import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import express from 'express';
import fc from 'fast-check';
import { createApi, type ApiOptions } from '../../nodes/history-api/api.ts';
import { Refused } from '../../nodes/history-api/parameters.ts';
import type { AlarmEvent, AlarmLimit } from '../../nodes/lib/alarms.ts';
import type { Database, Document, HistoryStore, Listing, Sample } from '../../nodes/lib/store.ts';
import { parseCsv } from '../support/csv.ts';
import { statusFor } from '../support/http-status.ts';
import { memoryDatabase, memoryHistory } from '../support/memory-history.ts';
import { temporaryFolder } from '../support/node-flow.ts';

const T0 = Date.UTC(2026, 10, 20);
const NOW = T0 + 3_600_000;
const sample = (series: string, at: number, value: Sample['value'], more: Partial<Sample> = {}): Sample => ({
  series,
  timeline: 'real',
  timestamp: T0 + at,
  value,
  quality: 'good',
  source: 'measured',
  unit: 'Cel',
  ...more,
});
const events: readonly AlarmEvent[] = Array.from({ length: 7 }, (_, index) => ({
  id: `tank/${index % 2}/t:high`,
  series: `tank/${index % 2}/t`,
  condition: 'high',
  state: 'unacknowledged',
  previous: 'normal',
  action: 'raised',
  priority: 'high',
  value: index,
  limit: 1,
  unit: 'Cel',
  since: T0,
  timeline: 'simulated',
  message: '<b>hot</b>',
  at: T0 + index * 1000,
}));
const limits: readonly AlarmLimit[] = (['simulated', 'real'] as const).map((timeline) => ({
  series: 'tank/1/t',
  timeline,
  condition: 'high',
  limit: 26,
  unit: 'Cel',
  priority: 'high',
}));

/** As much of a record store as the journal asks of it. */
const journal = async (collection: string, { where = [], limit, offset = 0 }: Listing = {}) => {
  assert.equal(collection, 'alarm-journal');
  const fitting = events
    .filter((event) =>
      where.every(({ field, is, value }) => {
        const own = Reflect.get(event, field) as string | number;
        return is === '='
          ? own === value
          : is === '<'
            ? Number(own) < Number(value)
            : Number(own) >= Number(value);
      }),
    )
    .toReversed();
  const documents = fitting
    .slice(offset, limit === undefined ? undefined : offset + limit)
    .map((event): Document => ({
      collection,
      id: String(event.at),
      version: 1,
      created: event.at,
      updated: event.at,
      body: { ...event },
    }));
  return { total: fitting.length, documents };
};

describe('history-api: the addresses', () => {
  let server: Server;
  let url: string;
  let history: HistoryStore;
  let databases: Record<string, Database>;
  let chartFile: string;
  let removeFolder: () => void;
  const warnings: string[] = [];

  const serve = async (more: Partial<ApiOptions> = {}): Promise<void> => {
    const app = express();
    app.use(
      '/api',
      createApi({
        database: (id) => {
          const name = id === '' ? 'main' : id;
          const found = Object.hasOwn(databases, name) ? databases[name] : undefined;
          if (found) return found;
          throw new Refused(404, `database: there is no running plant-database ${JSON.stringify(id)}`);
        },
        limits: () => limits,
        now: () => NOW,
        warn: (text) => warnings.push(text),
        chartFile,
        ...more,
      }),
    );
    app.use((_request, response) => void response.status(299).send('another node'));
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  };
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  beforeEach(async () => {
    const { folder, remove } = temporaryFolder();
    removeFolder = remove;
    chartFile = join(folder, 'history-chart.js');
    writeFileSync(chartFile, 'export {};');
    warnings.length = 0;
    history = memoryHistory();
    await history.write([
      ...Array.from({ length: 20 }, (_, index) => sample('fish-tank/1/temperature', index * 1000, index)),
      sample('fish-tank/1/mode', 0, '=auto,"x"', { unit: '' }),
      sample('fish-tank/2/temperature', 0, 5, { timeline: 'simulated', source: 'simulated' }),
    ]);
    const database = memoryDatabase(history);
    const away = (): Promise<never> => Promise.reject(new Error('postgres: secret-host does not answer'));
    databases = {
      main: { ...database, records: { ...database.records, list: journal } },
      away: {
        ...database,
        history: { ...history, series: away },
        records: { ...database.records, list: away },
      },
    };
    await serve();
  });
  afterEach(async () => {
    await stop();
    removeFolder();
  });

  interface Answered {
    readonly status: number;
    readonly headers: Headers;
    readonly text: string;
    readonly json: () => Record<string, unknown>;
  }
  const get = async (path: string, init: RequestInit = {}): Promise<Answered> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  };

  it('GET /series lists what there is, by pattern and timeline', async () => {
    const names = async (query: string): Promise<unknown[]> =>
      ((await get(`/series${query}`)).json()['series'] as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(await names(''), [
      'fish-tank/1/mode',
      'fish-tank/1/temperature',
      'fish-tank/2/temperature',
    ]);
    assert.deepEqual(await names('?series=fish-tank/%2B/temperature&timeline='), [
      'fish-tank/1/temperature',
      'fish-tank/2/temperature',
    ]);
    assert.deepEqual(await names('?timeline=simulated'), ['fish-tank/2/temperature']);
    assert.deepEqual(await names('?series=nobody'), []);
  });

  it('GET /history gives what was measured where it is little', async () => {
    const { status, headers, json } = await get('/history?series=fish-tank/1/temperature&from=day&points=20');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.deepEqual(json(), {
      series: [
        {
          name: 'fish-tank/1/temperature',
          timeline: 'real',
          unit: 'Cel',
          kind: 'number',
          source: 'measured',
          from: T0,
          to: T0 + 86_400_000,
          level: 'raw',
          timestamps: Array.from({ length: 20 }, (_, index) => T0 + index * 1000),
          values: Array.from({ length: 20 }, (_, index) => index),
          qualities: Array.from({ length: 20 }, () => 'good'),
        },
      ],
    });
  });

  it('GET /history gives buckets where it is much, and several series in one answer', async () => {
    const { json } = await get(
      `/history?series=fish-tank/1/temperature&series=fish-tank/2/%23&from=${T0}&to=${T0 + 20_000}&points=5`,
    );
    const [first, second] = json()['series'] as Record<string, unknown>[];
    assert.ok(Array.isArray(first?.['mean']) && first['mean'].length <= 5);
    assert.equal(typeof first['bucketMs'], 'number');
    assert.deepEqual(second?.['values'], [5]);
  });

  it('an empty answer is an answer', async () => {
    assert.deepEqual((await get('/history?series=nobody')).json(), { series: [] });
    assert.equal((await get('/history.csv?series=nobody')).text, 'time\r\n');
    const { series } = (await get('/history?series=fish-tank/1/temperature&from=day-5')).json() as {
      series: { timestamps: number[] }[];
    };
    assert.deepEqual(series[0]?.timestamps, []);
  });

  it('GET /history.csv is a file with a name', async () => {
    const { status, headers, text } = await get(
      '/history.csv?series=fish-tank/1/%23&from=day&qualities=true',
    );
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(
      headers.get('content-disposition'),
      'attachment; filename="history_20261120T000000Z_20261121T000000Z.csv"',
    );
    const rows = parseCsv(text);
    assert.deepEqual(rows.slice(0, 3), [
      [
        'time',
        'fish-tank/1/mode',
        'fish-tank/1/mode quality',
        'fish-tank/1/temperature [Cel]',
        'fish-tank/1/temperature quality',
      ],
      ['2026-11-20T00:00:00.000Z', `'=auto,"x"`, 'good', '0', 'good'],
      ['2026-11-20T00:00:01.000Z', '', '', '1', 'good'],
    ]);
    assert.equal(rows.length, 21);
    const one = await get('/history.csv?series=fish-tank/1/temperature&from=day&points=3');
    assert.match(
      one.headers.get('content-disposition') ?? '',
      /"fish-tank-1-temperature_2026\w+_2026\w+\.csv"/,
    );
    assert.equal(parseCsv(one.text)[0]?.[1], 'fish-tank/1/temperature min [Cel]');
  });

  it('HEAD has the headers and no body', async () => {
    for (const path of ['/history.csv?series=%23', '/history?series=%23', '/series']) {
      const { status, text } = await get(path, { method: 'HEAD' });
      assert.deepEqual([status, text], [200, '']);
    }
  });

  it('GET /alarms is the journal, newest first, by page, range and series', async () => {
    const asked = async (query: string): Promise<unknown> => {
      const { total, events: page } = (await get(`/alarms${query}`)).json() as {
        total: number;
        events: AlarmEvent[];
      };
      return [total, page.map(({ value }) => value)];
    };
    assert.deepEqual(await asked(''), [7, [6, 5, 4, 3, 2, 1, 0]]);
    assert.deepEqual(await asked('?limit=2&offset=3'), [7, [3, 2]]);
    assert.deepEqual(await asked('?series=tank/1/t'), [3, [5, 3, 1]]);
    assert.deepEqual(await asked('?series=tank/%2B/t&limit=2&offset=1'), [7, [5, 4]]);
    assert.deepEqual(await asked('?series=tank/1/%23&series=other'), [3, [5, 3, 1]]);
    assert.deepEqual(await asked(`?from=${T0 + 2000}&to=${T0 + 4000}`), [2, [3, 2]]);
    assert.deepEqual(await asked('?from=day-3&to=day-2'), [0, []]);
  });

  it('GET /alarms/limits are those of the series', async () => {
    const asked = async (query: string): Promise<unknown> =>
      ((await get(`/alarms/limits${query}`)).json()['limits'] as AlarmLimit[]).map(
        ({ timeline }) => timeline,
      );
    assert.deepEqual(await asked(''), ['simulated', 'real']);
    assert.deepEqual(await asked('?series=tank/%23&timeline=real'), ['real']);
    assert.deepEqual(await asked('?series=other'), []);
  });

  it('GET /history-chart.js is the script, and is sent once', async () => {
    const first = await get('/history-chart.js');
    assert.equal(first.text, 'export {};');
    assert.match(first.headers.get('content-type') ?? '', /^(application|text)\/javascript/);
    assert.equal(first.headers.get('cache-control'), 'private, no-cache');
    const etag = first.headers.get('etag') ?? '';
    assert.equal(await statusFor(`${url}/history-chart.js`, { 'If-None-Match': etag }), 304);
    rmSync(chartFile);
    const missing = await get('/history-chart.js');
    assert.deepEqual([missing.status, missing.json()], [404, { error: 'history-chart.js: is not built' }]);
  });

  const bad: readonly [path: string, status: number, error: RegExp][] = [
    ['/history', 400, /^series: must name at least one series, got nothing$/],
    ['/history?series=', 400, /^series: must name/],
    ['/history?series=a%23', 400, /^series: must be names such as .*, got "a#"$/],
    ['/history?series=a%00b', 400, /^series: must be names/],
    [`/history?series=${'x'.repeat(600)}`, 400, /^series: must be names/],
    [
      `/history?${'series=a&'.repeat(3)}${Array.from({ length: 51 }, (_, index) => `series=s${index}`).join('&')}`,
      400,
      /^series: must be at most 50 names/,
    ],
    ['/history?series=a&from=yesterday', 400, /^from: must be a time such as .*, got "yesterday"$/],
    ['/history?series=a&to=%3Cscript%3E', 400, /^to: must be a time/],
    ['/history?series=fish-tank/1/mode&from=now&to=-1h', 400, /^from: must not be after to/],
    [
      '/history?series=a&points=0',
      400,
      /^points: must be a whole number of at least 1 and at most 5000, got "0"$/,
    ],
    ['/history?series=a&points=5001', 400, /^points: /],
    ['/history?series=a&points=1e99', 400, /^points: /],
    ['/history?series=a&points=NaN', 400, /^points: /],
    ['/history?series=a&points=5&points=6', 400, /^points: must be given once, got 2 values$/],
    ['/history?series=a&timeline=both', 400, /^timeline: must be one of any, real, simulated, got "both"$/],
    ['/history?series=a&tz=9999', 400, /^tz: /],
    ['/history?series=a&form=-24h', 400, /^"form": must be one of series, timeline, from/],
    ['/history?series=a&series[x]=b', 400, /^"series\[x\]": must be one of/],
    ['/history?series=a&__proto__=b', 400, /^"__proto__": must be one of/],
    ['/history?series=a&database=other', 404, /^database: there is no running plant-database "other"$/],
    ['/history?series=a&database=__proto__', 404, /^database: /],
    ['/history.csv?series=a&qualities=maybe', 400, /^qualities: must be true or false/],
    ['/history.csv?series=a&points=0', 400, /^points: /],
    ['/series?series=a%23', 400, /^series: /],
    ['/series?points=5', 400, /^"points": must be one of series, timeline, database$/],
    ['/alarms?limit=0', 400, /^limit: /],
    ['/alarms?limit=1001', 400, /^limit: /],
    ['/alarms?offset=-1', 400, /^offset: /],
    ['/alarms?from=now&to=-1h', 400, /^from: must not be after to/],
    ['/alarms/limits?timeline=x', 400, /^timeline: /],
    ['/history?series=a&database=away', 503, /^database: does not answer$/],
    ['/history.csv?series=a&database=away', 503, /^database: does not answer$/],
    ['/series?database=away', 503, /^database: does not answer$/],
    ['/alarms?database=away', 503, /^database: does not answer$/],
  ];
  for (const [path, wanted, error] of bad)
    it(`${wanted} ${path.slice(0, 70)}`, async () => {
      const { status, headers, json } = await get(path);
      assert.equal(status, wanted);
      assert.match(String(json()['error']), error);
      assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('content-disposition'), null);
    });

  it('what is wrong with the database is for the log', async () => {
    await get('/history?series=a&database=away');
    assert.deepEqual(warnings, ['history-api: /history: postgres: secret-host does not answer']);
  });

  it('405 for what would change something', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, headers } = await get('/history?series=a', { method });
      assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD']);
    }
  });

  it('other addresses are left to others', async () => {
    for (const path of ['/', '/backup', '/history/', '/historyx', '/constructor', '/alarms/1'])
      assert.equal((await get(path)).status, 299);
  });

  it('more series than one answer holds are 413', async () => {
    await history.write(Array.from({ length: 51 }, (_, index) => sample(`s/${index}`, 0, 1)));
    for (const path of ['/history', '/history.csv']) {
      const { status, json } = await get(`${path}?series=s/%23`);
      assert.deepEqual([status, json()['error']], [413, 'series: must stand for at most 50 series, got 51']);
    }
    assert.equal((await get('/series?series=s/%23')).status, 200);
  });

  it('whatever is asked, the server is never at fault', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/series', '/history', '/history.csv', '/alarms', '/alarms/limits'),
        fc.array(
          fc.tuple(
            fc.constantFrom(
              'series',
              'timeline',
              'from',
              'to',
              'points',
              'tz',
              'qualities',
              'limit',
              'offset',
              'x',
            ),
            fc.oneof(
              fc.string({ unit: 'binary' }),
              fc.constantFrom(
                '#',
                'fish-tank/#',
                'fish-tank/1/temperature',
                '-24h',
                'now',
                'day',
                'day-1',
                '0',
                '5',
              ),
              fc.integer().map(String),
              fc.double().map(String),
            ),
          ),
          { maxLength: 6 },
        ),
        async (path, parameters) => {
          const encoded = parameters
            .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
            .join('&');
          const { status, headers, text } = await get(`${path}?${encoded}`);
          assert.ok([200, 400].includes(status), `${status} ${text}`);
          assert.doesNotMatch(headers.get('content-type') ?? '', /html/);
          if (status === 400) assert.equal(typeof (JSON.parse(text) as { error: unknown }).error, 'string');
        },
      ),
      { numRuns: 300 },
    ));

  it('percent signs that stand for nothing are no reason to fail', async () => {
    for (const query of ['?series=%', '?series=%ff', '?%', '?&&=&', '?series=%E0%A4%A', '??'])
      assert.ok([200, 400].includes((await get(`/history${query}`)).status), query);
  });

  describe('many at once', () => {
    /** A store whose answers wait until they are let go. */
    const held = (): { history: HistoryStore; waiting: () => number; letGo: () => void } => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let waiting = 0;
      return {
        history: {
          ...history,
          series: async (...asked) => {
            waiting++;
            await promise;
            return history.series(...asked);
          },
        },
        waiting: () => waiting,
        letGo: resolve,
      };
    };

    it('one client gets 429 beyond its share, another one is served, and later so is the first', async () => {
      await stop();
      const store = held();
      databases['main'] = memoryDatabase(store.history);
      await serve({ queries: { perClient: 2, overall: 3 } });
      const ask = (cookie: string): Promise<Answered> => get('/series', { headers: { Cookie: cookie } });
      const waiting = [ask('a'), ask('a')];
      while (store.waiting() < 2) await turn();
      let refused = await ask('a');
      assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '2']);
      waiting.push(ask('b'));
      while (store.waiting() < 3) await turn();
      refused = await ask('c');
      assert.deepEqual([refused.status, refused.json()['error']], [429, 'too many queries at the same time']);
      store.letGo();
      for (const answer of waiting) assert.equal((await answer).status, 200);
      assert.equal((await ask('a')).status, 200);
    });

    const ROWS = 1_000_000;
    let pages = 0;
    const long = (): HistoryStore => ({
      ...history,
      series: async () => [
        {
          id: 1,
          name: 'a',
          timeline: 'real',
          kind: 'number',
          unit: '',
          source: 'measured',
          first: 0,
          last: ROWS,
        },
      ],
      raw: async (_series, { from, to }, limit) => {
        pages++;
        const size = Math.max(0, Math.min(limit, to - from));
        return {
          level: 'raw',
          timestamps: Array.from({ length: size }, (_, row) => from + row),
          values: Array.from({ length: size }, (_, row) => row),
          qualities: Array.from({ length: size }, () => 'good' as const),
        };
      },
    });
    const path = `/history.csv?series=a&from=0&to=${ROWS}`;

    it('a download waits for who reads slowly, and ends with who goes away', async () => {
      await stop();
      databases['main'] = memoryDatabase(long());
      pages = 0;
      await serve({ downloads: { perClient: 1, overall: 1 } });
      const asked = request(url + path);
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.pause();
      // Nobody reads: the store is asked until all buffers on the way are full.
      let [before, idle] = [-1, 0];
      while (idle < 200) {
        await turn();
        idle = pages === before ? idle + 1 : 0;
        before = pages;
      }
      assert.ok(pages < ROWS / 5000 / 2, `${pages} pages for nobody`);
      assert.equal((await get(path)).status, 429);
      asked.destroy();
      let again = 429;
      while (again === 429) again = (await get(path, { method: 'HEAD' })).status;
      assert.equal(again, 200);
      assert.ok(pages < ROWS / 5000 / 2, `${pages} pages for nobody`);
      assert.deepEqual(warnings, []);
    });

    it('others are served while a long one is written', async () => {
      const SOME = 300_000;
      await stop();
      databases['main'] = memoryDatabase(long());
      pages = 0;
      await serve();
      const download = get(`/history.csv?series=a&from=0&to=${SOME}`);
      let served = 0;
      while (pages < SOME / 5000) {
        await get('/alarms/limits');
        served++;
      }
      assert.ok(served > 20, `${served} others`);
      assert.equal((await download).text.split('\r\n').length, SOME + 2);
    });

    it('an answer that breaks off is seen to do so', async () => {
      await stop();
      const broken = long();
      databases['main'] = memoryDatabase({
        ...broken,
        raw: async (...asked) => {
          if (pages > 20) throw new Error('the disk is gone');
          return broken.raw(...asked);
        },
      });
      pages = 0;
      await serve();
      await assert.rejects(get(path));
      assert.deepEqual(warnings, ['history-api: /history.csv: the disk is gone']);
    });
  });
});
