import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import alarmList from '../../nodes/alarm-list/alarm-list.ts';
import { parse } from '../../nodes/alarm-list/config.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import limitAlarm from '../../nodes/limit-alarm/limit-alarm.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { runNodes, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

const limits = (...rows: object[]): string => JSON.stringify(rows);
const flowNodes = (list: object = {}): FlowNode[] => [
  { id: 'clock', type: 'process-clock', mode: 'stepped', start: '2020-01-01T00:00:00Z' },
  {
    id: 'tank',
    type: 'limit-alarm',
    clock: 'clock',
    conditions: limits({ condition: 'high', limit: 27 }, { condition: 'high-high', limit: 30 }),
    wires: [[], []],
  },
  {
    id: 'beer',
    type: 'limit-alarm',
    clock: 'clock',
    conditions: limits({ condition: 'low', limit: 10, priority: 'low' }),
    wires: [[], []],
  },
  { id: 'list', type: 'alarm-list', wires: [['lists'], ['events']], ...list },
  { id: 'lists', type: 'probe', wires: [] },
  { id: 'events', type: 'probe', wires: [] },
];

describe('alarm-list', () => {
  let flow: NodeFlow;
  let api: NodeAPI;
  const start = async (list: object = {}): Promise<void> => {
    const adapters = [processClock, limitAlarm, (RED: NodeAPI) => alarmList((api = RED))];
    flow = await runNodes(adapters, flowNodes(list), { userDir: 'memory' });
  };
  beforeEach(() => stateDatabase(undefined).exec('DELETE FROM state'));
  afterEach(() => flow.close());
  const ids = (): unknown[] =>
    flow
      .take('lists')
      .map(({ payload }) =>
        (payload as { id: string; state: string }[]).map(({ id, state }) => `${id} ${state}`),
      );
  const settle = (): unknown => {
    wallClock(api).advance(500);
    return ids().at(-1);
  };

  it('lists alarms of all nodes without wires, the most urgent first', async () => {
    await start();
    assert.deepEqual(ids(), [[]]);
    flow.receive('beer', { topic: 'fermenter/1', payload: 5 });
    flow.receive('tank', { topic: 'fish-tank/1', payload: 28 });
    flow.clock().advance(1000);
    flow.receive('tank', { topic: 'fish-tank/2', payload: 31 });
    assert.deepEqual(settle(), [
      'fish-tank/2:high-high unacknowledged',
      'fish-tank/2:high unacknowledged',
      'fish-tank/1:high unacknowledged',
      'fermenter/1:low unacknowledged',
    ]);
    assert.deepEqual(
      flow.take('events').map(({ topic, payload }) => [topic, (payload as { action: string }).action]),
      [
        ['fermenter/1/alarm', 'raised'],
        ['fish-tank/1/alarm', 'raised'],
        ['fish-tank/2/alarm', 'raised'],
        ['fish-tank/2/alarm', 'raised'],
      ],
    );
  });

  it('acknowledges one or all, shelves and takes back, in the name of who is signed in', async () => {
    await start();
    flow.receive('tank', { topic: 'fish-tank/1', payload: 28 });
    flow.receive('beer', { topic: 'fermenter/1', payload: 5 });
    const command = (topic: string, payload: unknown): void =>
      flow.receive('list', { topic, payload, user: 'anna' });
    command('acknowledge', 'fish-tank/1:high');
    assert.deepEqual(settle(), ['fish-tank/1:high acknowledged', 'fermenter/1:low unacknowledged']);
    command('acknowledge', 'fish-tank/1:high');
    command('acknowledge', 'all');
    assert.deepEqual(settle(), ['fish-tank/1:high acknowledged', 'fermenter/1:low acknowledged']);
    command('shelve', { id: 'fish-tank/1:high', minutes: 5 });
    assert.deepEqual(settle(), ['fermenter/1:low acknowledged', 'fish-tank/1:high acknowledged']);
    command('list', '');
    const [list] = flow.take('lists');
    const { total, active, unacknowledged, shelved } = list ?? {};
    assert.deepEqual(
      { total, active, unacknowledged, shelved },
      { total: 2, active: 1, unacknowledged: 0, shelved: 1 },
    );
    assert.partialDeepStrictEqual(list?.['payload'], [{ user: 'anna' }, { user: 'anna' }]);
    command('unshelve', 'all');
    assert.deepEqual(settle(), ['fish-tank/1:high unacknowledged', 'fermenter/1:low acknowledged']);
    assert.deepEqual(flow.errors(), []);
    assert.deepEqual(
      flow.take('events').map(({ payload }) => (payload as { action: string; user?: string }).action),
      ['raised', 'raised', 'acknowledged', 'acknowledged', 'shelved', 'unshelved'],
    );
  });

  it('refuses what it cannot do', async () => {
    await start();
    flow.receive('list', { topic: 'acknowledge', payload: 'nobody:high' });
    flow.receive('list', { topic: 'acknowledge', payload: 5 });
    flow.receive('list', { topic: 'shelve', payload: { id: 'all', minutes: 5 } });
    flow.receive('list', { topic: 'silence', payload: 'all' });
    assert.deepEqual(flow.errors(), [
      'id: there is no alarm "nobody:high"',
      'payload: must be the id of an alarm, got 5',
      'payload.id: must be the id of one alarm, got "all"',
      'topic: must be list, acknowledge, shelve or unshelve, got "silence"',
    ]);
  });

  it('sends few lists in a storm, and the last word', async () => {
    await start({ maxEntries: 3 });
    wallClock(api).advance(1000);
    flow.take('lists');
    for (let tank = 0; tank < 100; tank++) flow.receive('tank', { topic: `fish-tank/${tank}`, payload: 28 });
    const [first, ...more] = flow.take('lists');
    assert.equal(first?.['total'], 1);
    assert.deepEqual(more, []);
    wallClock(api).advance(500);
    const [last, ...none] = flow.take('lists');
    assert.deepEqual([last?.['total'], [last?.['payload']].flat().length, none.length], [100, 3, 0]);
    assert.equal(flow.take('events').length, 100);
  });

  it('lists one plant only where it is asked to', async () => {
    await start({ series: 'fish-tank/#' });
    flow.receive('tank', { topic: 'fish-tank/1', payload: 28 });
    flow.receive('beer', { topic: 'fermenter/1', payload: 5 });
    flow.receive('list', { topic: 'acknowledge', payload: 'all' });
    assert.deepEqual(settle(), ['fish-tank/1:high acknowledged']);
    assert.equal(flow.take('events').length, 2);
    await flow.deploy(flowNodes(), 'nodes');
    assert.deepEqual(settle(), ['fish-tank/1:high acknowledged', 'fermenter/1:low unacknowledged']);
  });
});

describe('alarm-list: filters', () => {
  const filters: [string, string, boolean][] = [
    ['fish-tank/#', 'fish-tank/1/ph', true],
    ['fish-tank/#', 'fish-tank', true],
    ['fish-tank/+', 'fish-tank/1/ph', false],
    ['+/+/ph', 'fish-tank/1/ph', true],
    ['fish-tank/1/ph', 'fish-tank/1', false],
    ['fish-tank', 'fish-tanks', false],
  ];
  for (const [filter, series, fits] of filters)
    it(`${filter} ${fits ? 'fits' : 'does not fit'} ${series}`, () => {
      assert.equal(parse({ series: filter }).fits(series), fits);
    });
});
