import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { healthBoardOf } from '../../nodes/lib/settings.ts';
import systemStatus from '../../nodes/system-status/system-status.ts';
import { runNodes, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';

const palette = createRequire(import.meta.url)('../../nodes/package.json') as { version: string };
const out: FlowNode = { id: 'out', type: 'probe', wires: [] };
const status = (change: object = {}): FlowNode => ({
  id: 'n1',
  type: 'system-status',
  outputTopic: 'system',
  periodSeconds: '5',
  wires: [['out']],
  ...change,
});

describe('system-status', () => {
  let flow: NodeFlow;
  let runtime: NodeAPI;
  const start = async (change: object = {}): Promise<void> => {
    const adapter = (RED: NodeAPI): void => {
      runtime = RED;
      systemStatus(RED);
    };
    flow = await runNodes([adapter], [status(change), out]);
  };
  const payloadOf = (sent: Sent): Record<string, unknown> => sent['payload'] as Record<string, unknown>;
  /** Wall time goes on by one period. */
  const next = (): Promise<Sent> => {
    (wallClock(runtime) as unknown as { advance(ms: number): void }).advance(5000);
    return flow.next('out');
  };
  afterEach(() => flow.close());

  it('sends a measurement when the flows have started, and once in each period', async () => {
    await start();
    const first = await flow.next('out');
    const { topic, quality, source, timestamp, versions } = first;
    assert.deepEqual(
      { topic, quality, source, versions },
      {
        topic: 'system',
        quality: 'good',
        source: 'measured',
        versions: { node: process.versions.node, nodeRed: 'unknown', palette: palette.version },
      },
    );
    assert.equal(timestamp, wallClock(runtime).now());
    const second = await next();
    assert.equal(Number(second['timestamp']) - Number(timestamp), 5000);
    assert.deepEqual(flow.take('out'), []);
  });

  it('tells what the machine is like', async () => {
    await start();
    await flow.next('out');
    const until = performance.now() + 100;
    while (performance.now() < until); // the event loop is busy
    const payload = payloadOf(await next());
    for (const name of ['delayP50', 'delayP99', 'delayMax', 'cpu', 'rss', 'heapUsed', 'uptime', 'diskFree'])
      assert.ok(Number.isFinite(payload[name]) && Number(payload[name]) >= 0, name);
    assert.ok(Number(payload['rss']) > Number(payload['heapUsed']));
    assert.ok(Number(payload['cpu']) > 0);
    assert.ok(Number(payload['diskUsed']) <= 100);
    assert.ok(Number(payload['delayMax']) >= Number(payload['delayP50']));
  });

  it('tells what every part of the plant tells, also that one is in trouble', async () => {
    await start();
    await flow.next('out');
    const troubles: string[] = [];
    const remove = healthBoardOf(runtime).add('broker', () => ({ troubles, facts: { clients: 2 } }));
    try {
      const well = await next();
      assert.equal(payloadOf(well)['broker/clients'], 2);
      assert.deepEqual(well['troubles'], []);
      troubles.push('not listening');
      const ill = await next();
      assert.deepEqual(ill['troubles'], ['broker: not listening']);
      assert.deepEqual((ill['parts'] as Record<string, unknown>)['broker'], {
        troubles: ['not listening'],
        facts: { clients: 2 },
      });
      assert.equal(payloadOf(ill)['troubles'], 1);
    } finally {
      remove();
    }
  });

  it('is silent once it is closed, and begins again after a deploy', async () => {
    await start();
    await flow.next('out');
    await flow.deploy([status({ name: 'again' }), out]);
    await flow.next('out');
    await flow.deploy([out]);
    (wallClock(runtime) as unknown as { advance(ms: number): void }).advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(flow.take('out'), []);
  });

  it('names a field it cannot read', async () => {
    await start({ periodSeconds: '0' });
    assert.deepEqual(flow.reported('n1'), [
      'periodSeconds: must be a number of at least 1 and at most 3600, got "0"',
    ]);
    assert.deepEqual(flow.statuses('n1'), ['configuration']);
  });
});
