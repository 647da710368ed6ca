import assert from 'node:assert/strict';
import clockControl from '../../nodes/clock-control/clock-control.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

const START = Date.UTC(2000, 0, 1, 8);
const clockNode = (change: object = {}): FlowNode => ({
  id: 'clock',
  type: 'process-clock',
  name: '',
  mode: 'scaled',
  speed: '60',
  start: '2000-01-01T08:00:00Z',
  ...change,
});
const control: FlowNode = {
  id: 'control',
  type: 'clock-control',
  clock: 'clock',
  tickSeconds: '60',
  wires: [],
};

describe('process-clock', () => {
  const data = temporaryFolder();
  let flow: NodeFlow;
  const start = async (change: object = {}, options: object = {}): Promise<void> => {
    flow = await runNodes([processClock, clockControl], [clockNode(change), control], {
      stepped: false,
      ...options,
    });
  };
  afterEach(() => flow.close());
  after(data.remove);

  it('runs at the speed of its form from its start', async () => {
    await start();
    const { mode, speed, paused, now, lagging } = flow.clock().state();
    assert.deepEqual(
      { mode, speed, paused, lagging },
      { mode: 'scaled', speed: 60, paused: false, lagging: false },
    );
    assert.ok(now >= START && now < START + 600_000);
  });

  it('is stepped in a stepped run, whatever its form says', async () => {
    await start({}, { stepped: true });
    assert.equal(flow.clock().mode, 'stepped');
    assert.equal(flow.clock().now(), START);
    await flow.close();
    await start({ mode: 'real' }, { stepped: true });
    assert.equal(flow.clock().mode, 'stepped');
  });

  it('a real clock is UTC', async () => {
    await start({ mode: 'real' });
    assert.ok(Math.abs(flow.clock().now() - Date.now()) < 1000);
  });

  it('a real plant has a real clock, whatever its form says', async () => {
    process.env['PLANT_MODE'] = 'real';
    try {
      await start();
      assert.equal(flow.clock().mode, 'real');
    } finally {
      delete process.env['PLANT_MODE'];
    }
  });

  it('its time, speed and pause survive a restart', async () => {
    await start({ id: 'clock' }, { userDir: data.folder });
    flow.clock().setSpeed(600);
    flow.clock().pause();
    const { now } = flow.clock().state();
    await flow.close();
    await start({}, { userDir: data.folder });
    assert.deepEqual(flow.clock().state(), { mode: 'scaled', speed: 600, paused: true, now, lagging: false });
  });

  it('never runs backwards, not even after kill -9: what is saved is never behind the clock', async () => {
    flow = await runNodes(
      [processClock, clockControl],
      [
        clockNode({ speed: '600' }),
        { ...control, wires: [[], ['ticks']] },
        { id: 'ticks', type: 'probe', wires: [] },
      ],
      { stepped: false, userDir: data.folder },
    );
    const rows = stateDatabase(data.folder).prepare("SELECT state FROM state WHERE path LIKE '%clock'");
    const saved = (): number => (JSON.parse(String(rows.get()?.['state'])) as { now: number }).now;
    const first = saved();
    // A second of wall time is kept in store, which is ten ticks; the eleventh has seen it renewed.
    for (let tick = 1; tick <= 11; tick++) {
      const { payload } = await flow.next('ticks');
      assert.ok(saved() >= Number(payload), `saved ${saved()}, at ${String(payload)}`);
      assert.ok(saved() - flow.clock().now() <= 600_000);
    }
    assert.ok(saved() > first);
  });

  it('a new speed in the form wins over the saved one; time goes on', async () => {
    const { now } = await savedState();
    await start({ speed: '30' }, { userDir: data.folder });
    assert.equal(flow.clock().state().speed, 30);
    assert.equal(flow.clock().state().paused, false);
    assert.ok(flow.clock().now() >= now);
  });

  it('a new start in the form wins where it is later than the time reached', async () => {
    await start({ start: '2001-01-01' }, { userDir: data.folder });
    assert.ok(flow.clock().now() >= Date.UTC(2001, 0, 1));
    await flow.close();
    await start({}, { userDir: data.folder });
    assert.ok(flow.clock().now() >= Date.UTC(2001, 0, 1));
  });

  for (const type of ['full', 'nodes'] as const)
    it(`goes on through a deploy (${type})`, async () => {
      await start();
      const old = flow.clock();
      old.setSpeed(600);
      old.pause();
      await flow.deploy([clockNode({ name: 'renamed' }), control], type);
      assert.notEqual(flow.clock(), old);
      assert.equal(flow.clock().now(), old.now());
      assert.equal(flow.clock().state().speed, 600);
    });

  it('a stepped clock goes on through a deploy', async () => {
    await start({}, { stepped: true });
    flow.clock().advance(5000);
    await flow.deploy([clockNode(), control]);
    assert.equal(flow.clock().now(), START + 5000);
  });

  it('fires nothing after it was removed', async () => {
    await start({}, { stepped: true });
    const old = flow.clock();
    old.after(10, () => assert.fail('the clock is gone'));
    await flow.deploy([]);
    old.advance(1000);
  });

  const refused: [string, object, RegExp][] = [
    ['a speed of 0', { speed: '0' }, /^speed: .*got "0"$/],
    ['a speed of 1000', { speed: '1000' }, /^speed: .*got "1000"$/],
    ['a mode of its own', { mode: 'warp' }, /^mode: must be one of real, scaled, stepped, got "warp"$/],
    ['a start that is no date', { start: 'tomorrow' }, /^start: must be an ISO date .*got "tomorrow"$/],
  ];
  for (const [name, change, message] of refused)
    it(`refuses ${name}; nodes that name the clock say so`, async () => {
      await start(change);
      assert.match(flow.reported('clock')[0] ?? '', message);
      assert.match(flow.reported('control')[0] ?? '', /^clock: there is no running process-clock "clock"$/);
      assert.deepEqual(flow.statuses('control'), ['configuration']);
    });

  const savedState = async (): Promise<{ now: number }> => {
    await start({}, { userDir: data.folder });
    const state = flow.clock().state();
    await flow.close();
    return state;
  };
});
