import assert from 'node:assert/strict';
import clockControl from '../../nodes/clock-control/clock-control.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { runNodes, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';

const START = Date.UTC(2000, 0, 1, 8);
const clock: FlowNode = {
  id: 'clock',
  type: 'process-clock',
  mode: 'scaled',
  speed: '60',
  start: '2000-01-01T08:00:00Z',
};
const control = (change: object = {}): FlowNode => ({
  id: 'control',
  type: 'clock-control',
  clock: 'clock',
  tickSeconds: '60',
  wires: [['state'], ['ticks']],
  ...change,
});
const probes: FlowNode[] = ['state', 'ticks'].map((id) => ({ id, type: 'probe', wires: [] }));

describe('clock-control', () => {
  let flow: NodeFlow;
  const start = async (change: object = {}, stepped = true): Promise<void> => {
    flow = await runNodes([processClock, clockControl], [clock, control(change), ...probes], { stepped });
  };
  afterEach(() => flow.close());
  const states = (): unknown[] =>
    flow.take('state').map((msg) => {
      const { speed, paused } = msg['payload'] as Sent;
      return { speed, paused };
    });

  it('tells the state of its clock on request, in the message that asked', async () => {
    await start();
    flow.clock().advance(1800_000);
    flow.receive('control', { topic: 'state', _msgid: 'asked', user: 'ann' });
    const now = START + 1800_000;
    assert.deepEqual(flow.take('state'), [
      {
        _msgid: 'asked',
        user: 'ann',
        topic: 'clock',
        payload: {
          mode: 'stepped',
          speed: 1,
          paused: false,
          lagging: false,
          time: '2000-01-01T08:30:00.000Z',
          hour: 8.5,
        },
        timestamp: now,
      },
    ]);
  });

  it('obeys, and tells every change once', async () => {
    await start({}, false);
    flow.receive('control', { topic: 'speed', payload: '600' });
    flow.receive('control', { topic: 'pause' });
    flow.receive('control', { topic: 'pause', payload: false });
    flow.receive('control', { topic: 'reset' });
    assert.deepEqual(states(), [
      { speed: 600, paused: false },
      { speed: 600, paused: true },
      { speed: 600, paused: false },
      { speed: 60, paused: false },
    ]);
    assert.deepEqual(flow.errors(), []);
  });

  it('tells a change that somebody else has made', async () => {
    await start({}, false);
    flow.clock().setSpeed(10);
    assert.deepEqual(states(), [{ speed: 10, paused: false }]);
  });

  it('ticks in process time', async () => {
    await start({ tickSeconds: '10' });
    flow.clock().advance(35_000);
    assert.deepEqual(
      flow.take('ticks').map(({ topic, payload, timestamp }) => ({ topic, payload, timestamp })),
      [10_000, 20_000, 30_000].map((ms) => ({ topic: 'tick', payload: START + ms, timestamp: START + ms })),
    );
    assert.deepEqual(flow.take('state'), []);
  });

  it('ticks by itself at the speed of the clock', async () => {
    await start({ tickSeconds: '1' }, false);
    flow.clock().setSpeed(600);
    const first = await flow.next('ticks');
    const second = await flow.next('ticks');
    assert.equal(Number(second['payload']) - Number(first['payload']), 1000);
  });

  const refused: [{ topic?: string; payload: unknown }, string][] = [
    [{ topic: 'speed', payload: 'fast' }, 'payload: speed must be a number, got "fast"'],
    [{ topic: 'speed', payload: 0 }, 'speed: must be a number of at least 0.1 and at most 600, got 0'],
    [{ topic: 'faster', payload: 2 }, 'topic: must be one of speed, pause, reset, state, got "faster"'],
    [{ payload: 2 }, 'topic: must be one of speed, pause, reset, state, got nothing'],
  ];
  for (const [msg, message] of refused)
    it(`refuses ${JSON.stringify(msg)}, named in Catch, and nothing changes`, async () => {
      await start();
      const before = flow.clock().state();
      flow.receive('control', msg);
      assert.deepEqual(flow.errors(), [message]);
      assert.deepEqual(flow.clock().state(), before);
      assert.deepEqual(flow.take('state'), []);
    });

  it('without a clock it has the wall clock, which refuses commands', async () => {
    await start({ clock: '' }, false);
    flow.receive('control', { topic: 'pause' });
    assert.deepEqual(flow.errors(), ['clock: a real clock has no pause and no speed']);
    flow.receive('control', { topic: 'state' });
    const [state] = flow.take('state');
    assert.ok(Math.abs(Number(state?.['timestamp']) - Date.now()) < 1000);
    assert.deepEqual(flow.statuses('control'), ['1x']);
  });

  it('shows the speed', async () => {
    await start({}, false);
    assert.deepEqual(flow.statuses('control'), ['60x']);
  });

  const misconfigured: [string, object, string][] = [
    ['a clock that is gone', { clock: 'gone' }, 'clock: there is no running process-clock "gone"'],
    ['a node that is no clock', { clock: 'state' }, 'clock: there is no running process-clock "state"'],
    ['a period of 0', { tickSeconds: '0' }, 'tickSeconds: must be a number of at least 1, got "0"'],
    [
      'a period that is text',
      { tickSeconds: 'often' },
      'tickSeconds: must be a number of at least 1, got "often"',
    ],
  ];
  for (const [name, change, message] of misconfigured)
    it(`${name} is an error of its configuration`, async () => {
      await start(change);
      assert.deepEqual(flow.reported('control'), [message]);
      assert.deepEqual(flow.statuses('control'), ['configuration']);
    });

  it('leaves its clock when it goes', async () => {
    await start();
    const running = flow.clock();
    await flow.deploy([clock, ...probes], 'nodes');
    assert.equal(flow.clock(), running);
    running.advance(600_000);
    running.setSpeed(2);
    assert.deepEqual([...flow.take('ticks'), ...flow.take('state')], []);
  });
});
