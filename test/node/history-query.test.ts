import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Node, NodeAPI } from 'node-red';
import historyQuery from '../../nodes/history-query/history-query.ts';
import { announceDatabase } from '../../nodes/lib/database.ts';
import type { Database, HistoryStore, Sample } from '../../nodes/lib/store.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { parseCsv } from '../support/csv.ts';
import { memoryDatabase, memoryHistory } from '../support/memory-history.ts';
import { runNodes, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';

const T0 = Date.UTC(2000, 0, 1, 8);
const HOUR = 3_600_000;
const sample = (series: string, at: number, value: Sample['value'], more: Partial<Sample> = {}): Sample => ({
  series,
  timeline: 'simulated',
  timestamp: T0 + at,
  value,
  quality: 'good',
  source: 'simulated',
  unit: 'Cel',
  ...more,
});

const query = (change: object = {}): FlowNode => ({
  id: 'query',
  type: 'history-query',
  name: '',
  database: 'database',
  clock: 'clock',
  series: 'fish-tank/1/temperature',
  timeline: 'any',
  from: '-24h',
  to: '',
  points: '1000',
  tz: '0',
  qualities: false,
  mode: 'range',
  layout: 'columns',
  csvRows: 'all',
  wires: [['out']],
  ...change,
});
const nodes = (change: object = {}): FlowNode[] => [
  { id: 'database', type: 'plant-database' },
  { id: 'clock', type: 'process-clock', mode: 'scaled', speed: '1', start: '2000-01-01T08:00:00Z' },
  query(change),
  { id: 'out', type: 'probe', wires: [] },
  { id: 'done', type: 'complete', scope: ['query'], wires: [['finished']] },
  { id: 'finished', type: 'probe', wires: [] },
];

describe('history-query', () => {
  let flow: NodeFlow;
  let history: HistoryStore;
  let database: Database;
  /** when the database answers */
  let until: Promise<void>;

  /** Stands for the config node, with a history in memory. */
  const plantDatabase = (RED: NodeAPI): void => {
    RED.nodes.registerType('plant-database', function (this: Node, def) {
      RED.nodes.createNode(this, def);
      this.on('close', announceDatabase(RED, { id: this.id, name: 'memory', database }));
    });
  };
  const run = async (change: object = {}): Promise<void> => {
    flow = await runNodes([plantDatabase, processClock, historyQuery], nodes(change));
  };
  /** An answer; a list of objects wherever it is one. */
  type Answer = Sent & { readonly payload?: readonly Readonly<Record<string, unknown>>[] };
  const asked = async (msg: object = {}): Promise<Answer> => {
    flow.receive('query', { payload: 'now', ...msg });
    return flow.next('out');
  };
  /** Lets queries wait until what it gives back is called. */
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    until = promise;
    return resolve;
  };
  const refused = async (msg: object = {}): Promise<string> => {
    flow.receive('query', { payload: 'now', ...msg });
    const error = ((await flow.next('errors'))['error'] as { message: string }).message;
    assert.deepEqual(flow.take('out'), []);
    return error.replace(/^Error: /, '');
  };
  beforeEach(async () => {
    const memory = memoryHistory();
    until = Promise.resolve();
    history = { ...memory, series: async (...patterns) => until.then(() => memory.series(...patterns)) };
    database = memoryDatabase(history);
    await history.write([
      sample('fish-tank/1/temperature', -30 * HOUR, 20),
      sample('fish-tank/1/temperature', -2 * HOUR, 24),
      sample('fish-tank/1/temperature', -HOUR, 26),
      sample('fish-tank/1/heater', -HOUR, true, { unit: '' }),
      sample('room/temperature', 0, 21, { timeline: 'real', source: 'measured' }),
    ]);
  });
  afterEach(() => flow.close());

  const common = {
    name: 'fish-tank/1/temperature',
    timeline: 'simulated',
    unit: 'Cel',
    kind: 'number',
    source: 'simulated',
  };

  it('gives columns of a range by the time of the plant', async () => {
    await run();
    const { payload, topic } = await asked({ topic: 'kept' });
    assert.equal(topic, 'kept');
    assert.deepEqual(payload, [
      {
        ...common,
        from: T0 - 24 * HOUR,
        to: T0 + 1,
        level: 'raw',
        timestamps: [T0 - 2 * HOUR, T0 - HOUR],
        values: [24, 26],
        qualities: ['good', 'good'],
      },
    ]);
    await flow.next('finished');
  });

  it('goes with the clock', async () => {
    await run({ from: '-90m' });
    assert.deepEqual((await asked()).payload?.[0]?.['values'], [26]);
    flow.clock().advance(HOUR);
    assert.deepEqual((await asked()).payload?.[0]?.['values'], []);
  });

  it('without a clock, now is the newest sample of a simulated series', async () => {
    await run({ clock: '', from: '-90m' });
    const { payload } = await asked();
    assert.deepEqual(payload?.[0]?.['values'], [24, 26]);
  });

  it('gives points for a chart', async () => {
    await run({ series: 'fish-tank/1/+', layout: 'rows' });
    assert.deepEqual((await asked()).payload, [
      { x: T0 - HOUR, y: 1, series: 'fish-tank/1/heater' },
      { x: T0 - 2 * HOUR, y: 24, series: 'fish-tank/1/temperature [Cel]' },
      { x: T0 - HOUR, y: 26, series: 'fish-tank/1/temperature [Cel]' },
    ]);
  });

  it('gives the last values, or those before a time', async () => {
    await run({ mode: 'last' });
    const last = { ...common, timestamp: T0 - HOUR, value: 26, quality: 'good' };
    assert.deepEqual((await asked()).payload, [last]);
    assert.deepEqual((await asked({ query: { to: T0 - HOUR } })).payload, [
      { ...last, timestamp: T0 - 2 * HOUR, value: 24 },
    ]);
    assert.deepEqual((await asked({ query: { to: '1999-01-01' } })).payload, []);
  });

  it('gives statistics', async () => {
    await run({ mode: 'statistics' });
    assert.deepEqual((await asked()).payload, [
      {
        ...common,
        from: T0 - 24 * HOUR,
        to: T0 + 1,
        count: 2,
        min: 24,
        mean: 25,
        max: 26,
        first: { timestamp: T0 - 2 * HOUR, value: 24 },
        last: { timestamp: T0 - HOUR, value: 26 },
      },
    ]);
  });

  it('gives a list of series, of all where none is named', async () => {
    await run({ mode: 'series', series: '' });
    const names = async (msg: object = {}): Promise<unknown> =>
      (await asked(msg)).payload?.map(({ name }) => name);
    assert.deepEqual(await names(), ['fish-tank/1/heater', 'fish-tank/1/temperature', 'room/temperature']);
    assert.deepEqual(await names({ query: { timeline: 'real' } }), ['room/temperature']);
    assert.deepEqual(await names({ query: { series: ['+/1/heater', 'x'] } }), ['fish-tank/1/heater']);
  });

  it('gives CSV in parts that make one table', async () => {
    await history.write(Array.from({ length: 5000 }, (_, index) => sample('long', index, index)));
    await run({ mode: 'csv', series: 'long', from: String(T0), to: String(T0 + 10_000) });
    const parts: Sent[] = [];
    const isLast = ({ parts: part }: Sent): boolean => 'count' in (part as object);
    for (let part: Sent = await asked(); ; part = await flow.next('out')) {
      parts.push(part);
      if (isLast(part)) break;
    }
    assert.ok(parts.length > 1);
    assert.deepEqual(
      parts.map((part) => part['parts']),
      parts.map((part, index) => ({
        id: (part['parts'] as { id: string }).id,
        type: 'string',
        ch: '',
        index,
        ...(index === parts.length - 1 && { count: parts.length }),
      })),
    );
    const rows = parseCsv(parts.map(({ payload }) => payload as string).join(''));
    assert.equal(rows.length, 5001);
    assert.deepEqual(rows[0], ['time', 'long [Cel]']);
    assert.deepEqual(rows.at(-1), ['2000-01-01T08:00:04.999Z', '4999']);
  });

  it('CSV of at most so many points has buckets, with qualities where it has none', async () => {
    await history.write(Array.from({ length: 100 }, (_, index) => sample('long', index, index)));
    await run({
      mode: 'csv',
      series: 'long',
      from: String(T0),
      to: String(T0 + 100),
      csvRows: 'points',
      points: '10',
    });
    const { payload, parts } = (await asked()) as Sent;
    assert.equal((parts as { count: number }).count, 1);
    const rows = parseCsv(payload as string);
    assert.deepEqual(rows[0], ['time', 'long min [Cel]', 'long mean [Cel]', 'long max [Cel]', 'long count']);
    assert.ok(rows.length <= 11);
  });

  it('nothing there is an empty list', async () => {
    await run({ series: 'nobody' });
    assert.deepEqual((await asked()).payload, []);
    assert.deepEqual((await asked({ query: { mode: 'statistics' } })).payload, []);
    assert.equal((await asked({ query: { mode: 'csv' } })).payload, 'time\r\n');
    assert.deepEqual(flow.errors(), []);
  });

  it('a message may ask otherwise, once', async () => {
    await run();
    const { payload } = await asked({
      query: { series: 'fish-tank/1/heater', from: new Date(T0 - HOUR), to: T0, points: '5', layout: 'rows' },
    });
    assert.deepEqual(payload, [{ x: T0 - HOUR, y: 1, series: 'fish-tank/1/heater' }]);
    assert.equal((await asked()).payload?.[0]?.['name'], 'fish-tank/1/temperature');
  });

  for (const [asking, words] of [
    [5, 'query: must be an object, got 5'],
    [[], 'query: must be an object, got []'],
    [
      { form: 1 },
      'query.form: must be one of series, timeline, from, to, points, tz, qualities, mode, layout, csvRows',
    ],
    [
      { database: 'x' },
      'query.database: must be one of series, timeline, from, to, points, tz, qualities, mode, layout, csvRows',
    ],
    [{ points: 0 }, 'query.points: must be a whole number of at least 1 and at most 5000, got 0'],
    [{ mode: 'all' }, 'query.mode: must be one of range, last, statistics, csv, series, got "all"'],
    [{ series: [] }, 'series: must name at least one series, got nothing'],
    [
      { from: 'now', to: '-1h' },
      'from: must not be after to (2000-01-01T07:00:00.000Z), got 2000-01-01T08:00:00.000Z',
    ],
  ] as const)
    it(`refuses ${JSON.stringify(asking)}`, async () => {
      await run();
      assert.equal(await refused({ query: asking }), words);
      assert.ok(Array.isArray((await asked()).payload), 'and answers the next one');
    });

  it('refuses a form that cannot be read, by its field', async () => {
    await run({ from: 'sometimes' });
    assert.deepEqual(flow.statuses('query'), ['configuration']);
    assert.match(flow.reported('query').join(), /^from: must be a time such as .+, got "sometimes"$/);
  });

  it('refuses a database that is not there', async () => {
    await run({ database: 'other' });
    assert.deepEqual(flow.reported('query'), ['database: there is no running plant-database "other"']);
  });

  it('a database that does not answer is an error, and the next query is answered', async () => {
    await run();
    until = Promise.reject(new Error('postgres: away'));
    assert.equal(await refused(), 'postgres: away');
    while (!flow.statuses('query').includes('no answer')) await turn();
    until = Promise.resolve();
    assert.ok(Array.isArray((await asked()).payload));
  });

  it('more series than one answer holds are refused, and that is no lost link', async () => {
    await history.write(Array.from({ length: 51 }, (_, index) => sample(`s/${index}`, 0, 1)));
    await run({ series: 's/#' });
    assert.equal(await refused(), 'series: must stand for at most 50 series, got 51');
    while (!flow.statuses('query').includes('refused')) await turn();
  });

  it('a flow that asks faster than it is answered is told', async () => {
    await run();
    const letGo = hold();
    for (let count = 0; count < 21; count++) flow.receive('query', {});
    assert.match(
      ((await flow.next('errors'))['error'] as { message: string }).message,
      /20 queries are waiting for their answer already/,
    );
    letGo();
    for (let count = 0; count < 20; count++) assert.ok(Array.isArray((await flow.next('out')).payload));
  });

  it('an answer that comes after a deploy goes nowhere', async () => {
    await run();
    const letGo = hold();
    flow.receive('query', {});
    await flow.deploy(nodes({ from: '-1h' }));
    letGo();
    assert.equal((await asked()).payload?.[0]?.['from'], T0 - HOUR);
    assert.deepEqual(flow.take('out'), []);
  });
});
