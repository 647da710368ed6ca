import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { NodeAPI } from 'node-red';
import historyApi from '../../nodes/history-api/history-api.ts';
import { alarmsOf } from '../../nodes/lib/alarms.ts';
import { announceDatabase } from '../../nodes/lib/database.ts';
import { memoryDatabase, memoryHistory } from '../support/memory-history.ts';

/** As much of a runtime as a plugin needs. */
const runtime = (pilotPlant?: object) => {
  const plugins: string[] = [];
  const httpNode = express();
  const RED = {
    settings: { pilotPlant },
    events: new EventEmitter(),
    log: { warn: () => undefined },
    httpNode,
    plugins: { registerPlugin: (id: string) => plugins.push(id) },
  } as unknown as NodeAPI;
  historyApi(RED);
  return { RED, plugins, httpNode };
};

describe('history-api: the plugin', () => {
  for (const settings of [undefined, {}, { broker: {} }, { historyApi: false }, { historyApi: 'yes' }])
    it(`opens nothing with settings.pilotPlant ${JSON.stringify(settings)}`, async () => {
      const { plugins, httpNode } = runtime(settings);
      assert.deepEqual(plugins, []);
      const server = httpNode.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      assert.equal((await fetch(`http://127.0.0.1:${port}/api/series`)).status, 404);
      server.closeAllConnections();
      server.close();
    });

  it('serves the databases and alarms that run, as they come and go', async () => {
    const { RED, plugins, httpNode } = runtime({ historyApi: true });
    assert.deepEqual(plugins, ['history-api']);
    const server = httpNode.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const get = async (path: string): Promise<[number, unknown]> => {
      const response = await fetch(`http://127.0.0.1:${port}/api${path}`);
      return [response.status, await response.json()];
    };
    const none = [503, { error: 'database: there is no running plant-database' }];
    const unknown = [404, { error: 'database: there is no running plant-database "two"' }];
    assert.deepEqual(await get('/series'), none);
    assert.deepEqual(await get('/series?database=two'), unknown);
    const database = (series: string) => {
      const history = memoryHistory();
      const sample = { series, timeline: 'real', timestamp: 1, value: 1, unit: '' } as const;
      void history.write([{ ...sample, quality: 'good', source: 'measured' }]);
      return memoryDatabase(history);
    };
    const withdraw = announceDatabase(RED, { id: 'one', name: 'one', database: database('a') });
    announceDatabase(RED, { id: 'two', name: 'two', database: database('b') });
    const first = async (query: string): Promise<unknown> =>
      ((await get(`/series${query}`))[1] as { series: { name: string }[] }).series[0]?.name;
    assert.equal(await first(''), 'a');
    assert.equal(await first('?database=two'), 'b');
    withdraw();
    assert.equal(await first(''), 'b');
    assert.deepEqual((await get('/series?database=one'))[0], 404);

    assert.deepEqual(await get('/alarms/limits'), [200, { limits: [] }]);
    const limit = {
      series: 'a',
      timeline: 'real',
      condition: 'high',
      limit: 26,
      unit: 'Cel',
      priority: 'high',
    } as const;
    alarmsOf(RED).add({ entries: () => [], limits: () => [limit], has: () => false, obey: () => undefined });
    assert.deepEqual(await get('/alarms/limits?series=%23'), [200, { limits: [limit] }]);
    server.closeAllConnections();
    server.close();
  });
});
