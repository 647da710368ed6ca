import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import historyWrite from '../../nodes/history-write/history-write.ts';
import { announceDatabase, databaseOf } from '../../nodes/lib/database.ts';
import type { Database, Sample, SeriesInfo } from '../../nodes/lib/store.ts';
import plantDatabase from '../../nodes/plant-database/plant-database.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';
import type { NodeAPI } from 'node-red';

const START = Date.UTC(2000, 0, 1, 8);
const writer = (change: object = {}): FlowNode => ({
  id: 'writer',
  type: 'history-write',
  name: '',
  database: 'database',
  clock: 'clock',
  wires: [],
  ...change,
});
const around: FlowNode[] = [
  { id: 'clock', type: 'process-clock', mode: 'stepped', start: '2000-01-01T08:00:00Z' },
  { id: 'database', type: 'plant-database', name: '', url: '' },
  { id: 'complete', type: 'complete', scope: ['writer'], uncaught: false, wires: [['completed']] },
  { id: 'completed', type: 'probe', wires: [] },
];

describe('history-write', () => {
  const { folder, remove } = temporaryFolder();
  let flow: NodeFlow;
  let database: Database;
  const reachDatabase = (RED: NodeAPI): void => {
    RED.events.once('flows:started', () => (database = databaseOf(RED, 'database')));
  };
  const start = async (change: object = {}): Promise<void> => {
    flow = await runNodes(
      [reachDatabase, processClock, plantDatabase, historyWrite],
      [...around, writer(change)],
      {
        userDir: folder,
      },
    );
  };
  /** Gives a message and waits until it is complete. */
  const store = async (msg: Record<string, unknown>): Promise<Sent> => {
    flow.receive('writer', msg);
    return flow.next('completed');
  };
  const found = (name: string): Promise<SeriesInfo[]> => database.history.series([name]);
  const last = async (name: string): Promise<Sample | undefined> => {
    const [info] = await found(name);
    return info && database.history.last(info);
  };
  afterEach(() => flow.close());
  after(remove);

  it('a signal is complete when it is in the database', async () => {
    await start();
    const msg = {
      _msgid: 'm',
      topic: 'tank/1/temperature',
      payload: 21.5,
      timestamp: 1000,
      unit: 'Cel',
      source: 'measured',
    };
    const complete = await store(msg);
    assert.equal(complete['_msgid'], 'm');
    const file = new DatabaseSync(join(folder, 'history.sqlite'), { readOnly: true });
    assert.equal(file.prepare('SELECT value FROM sample').get()?.['value'], 21.5);
    file.close();
    assert.deepEqual(await last('tank/1/temperature'), {
      series: 'tank/1/temperature',
      timeline: 'real',
      timestamp: 1000,
      value: 21.5,
      quality: 'good',
      source: 'measured',
      unit: 'Cel',
    });
    assert.deepEqual(flow.statuses('writer'), ['no data']);
    assert.deepEqual(flow.errors(), []);
  });

  it('a record, an array, and the same again', async () => {
    await start();
    await store({
      topic: 'tank/2',
      payload: { temperature: 20, ph: null },
      timestamp: 1000,
      source: 'measured',
    });
    const array = [
      { payload: { temperature: 21, ph: 7 }, timestamp: 2000 },
      { temperature: 22, ph: 7.1, timestamp: 3000 },
    ];
    await store({ topic: 'tank/2', payload: array, source: 'measured' });
    await store({ topic: 'tank/2', payload: array, source: 'measured' });
    const [ph, temperature] = await found('tank/2/#');
    assert.ok(ph && temperature);
    const range = { from: 0, to: 10_000 };
    const { timestamps, values, qualities } = await database.history.raw(ph, range, 10);
    assert.deepEqual(
      [timestamps, values, qualities],
      [
        [1000, 2000, 3000],
        [null, 7, 7.1],
        ['bad', 'good', 'good'],
      ],
    );
    assert.deepEqual((await database.history.raw(temperature, range, 10)).values, [20, 21, 22]);
  });

  it('what says neither topic nor time has both from the form and the clock', async () => {
    await start({ topic: 'tank/3/heater' });
    await store({ payload: true });
    flow.clock().advance(60_000);
    await store({ topic: '', payload: false });
    assert.deepEqual(await last('tank/3/heater'), {
      series: 'tank/3/heater',
      timeline: 'simulated',
      timestamp: START + 60_000,
      value: false,
      quality: 'good',
      source: 'simulated',
      unit: '',
    });
  });

  it('by a real clock it is measured', async () => {
    await start({ clock: '', topic: 'tank/4' });
    await store({ payload: 1, timestamp: 5 });
    assert.equal((await last('tank/4'))?.source, 'simulated', 'the wall clock of a stepped run is stepped');
    await store({ payload: 2, timestamp: 6, source: 'manual' });
    const [real] = await database.history.series(['tank/4'], 'real');
    assert.equal(real?.source, 'manual');
  });

  it('one timeline for all', async () => {
    await start({ timeline: 'simulated' });
    await store({ topic: 'tank/5', payload: 1, source: 'manual', timestamp: 5 });
    assert.deepEqual(
      (await found('tank/5')).map(({ timeline }) => timeline),
      ['simulated'],
    );
  });

  it('one quantity of records', async () => {
    await start({ quantity: 'ph' });
    await store({ topic: 'tank/6', payload: { ph: 7, temperature: 20 } });
    await store({ topic: 'tank/6', payload: { temperature: 20 } });
    assert.deepEqual(
      (await found('tank/6/#')).map(({ name }) => name),
      ['tank/6/ph'],
    );
  });

  it('a bad message is an error and stores nothing of it', async () => {
    await start();
    flow.receive('writer', { topic: 'tank/7', payload: { a: 1, b: { c: 2 } } });
    assert.deepEqual(flow.errors(), [
      'payload.b: must be a number, true or false, text or null, got {"c":2}',
    ]);
    await store({ topic: 'tank/7/d', payload: 1 });
    assert.deepEqual(
      (await found('tank/7/#')).map(({ name }) => name),
      ['tank/7/d'],
    );
  });

  it('keeps one number every so often, and changes only', async () => {
    await start({ intervalSeconds: '10', changesOnly: true });
    const values = [1, 2, 3, 3, 4, 4, 4];
    const payload = values.map((value, index) => ({ payload: value, timestamp: index * 5000 }));
    await store({ topic: 'tank/8', payload });
    const [info] = await found('tank/8');
    assert.ok(info);
    assert.deepEqual((await database.history.raw(info, { from: 0, to: 1e6 }, 10)).values, [1, 3, 4]);
  });

  it('a database that is gone is told', async () => {
    await start({ database: 'gone' });
    assert.deepEqual(flow.reported('writer'), ['database: there is no running plant-database "gone"']);
    assert.deepEqual(flow.statuses('writer'), ['configuration']);
  });

  it('what waits at a deploy is stored', async () => {
    await start();
    for (let at = 0; at < 50; at++) flow.receive('writer', { topic: 'tank/9', payload: at, timestamp: at });
    await flow.deploy([...around, writer({ name: 'other' })]);
    await store({ topic: 'tank/9', payload: 50, timestamp: 50 });
    const file = new DatabaseSync(join(folder, 'history.sqlite'), { readOnly: true });
    const { count } = file
      .prepare(
        `SELECT count(*) AS count FROM sample JOIN series ON series.id = sample.series WHERE name = 'tank/9'`,
      )
      .get() as { count: number };
    file.close();
    assert.equal(count, 51);
  });

  it('stores what says the same as a sample that could not be stored', async () => {
    const stored: Sample[][] = [];
    let isAway = true;
    const write = async (samples: readonly Sample[]): Promise<void> => {
      if (isAway) throw new Error('both are away');
      stored.push([...samples]);
    };
    const facts = () => ({ connected: true, outbox: { rows: 0 } });
    let withdraw = (): void => {};
    const announce = (RED: NodeAPI): void => {
      withdraw = announceDatabase(RED, { id: 'other', name: '', database: { write, facts } as never });
    };
    flow = await runNodes(
      [announce, processClock, plantDatabase, historyWrite],
      [...around, writer({ database: 'other', changesOnly: true })],
      { userDir: folder },
    );
    flow.receive('writer', { topic: 'tank/9', payload: 1, timestamp: START });
    while (flow.reported('writer').length === 0) await nextTurn();
    assert.match(String(flow.reported('writer')[0]), /both are away/);
    isAway = false;
    await store({ topic: 'tank/9', payload: 1, timestamp: START + 1 });
    await store({ topic: 'tank/9', payload: 1, timestamp: START + 2 });
    withdraw();
    assert.deepEqual(
      stored.flat().map(({ timestamp }) => timestamp),
      [START + 1],
    );
  });
});
