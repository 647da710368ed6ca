import assert from 'node:assert/strict';
import processClock from '../../nodes/process-clock/process-clock.ts';
import rgbLed from '../../nodes/rgb-led/rgb-led.ts';
import { runNodes, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

const outputs = ['red', 'green', 'blue', 'css'] as const;
const nodes = (change: object): FlowNode[] => [
  { id: 'clock', type: 'process-clock', mode: 'scaled', speed: '1', start: '2000-01-01T00:00:00Z' },
  { id: 'led', type: 'rgb-led', clock: 'clock', wires: outputs.map((output) => [output]), ...change },
  ...outputs.map((id) => ({ id, type: 'probe', wires: [] })),
];

describe('rgb-led', () => {
  let flow: NodeFlow;
  const start = async (change: object = {}): Promise<void> => {
    flow = await runNodes([processClock, rgbLed], nodes(change));
  };
  afterEach(() => flow.close());
  const take = (): unknown[][] => outputs.map((output) => flow.take(output).map(({ payload }) => payload));
  const show = (payload: unknown, more: object = {}): void => flow.receive('led', { payload, ...more });

  it('tells that it is dark once the flows have started', async () => {
    await start();
    assert.deepEqual(take(), [[0], [0], [0], ['#000000']]);
  });
  it('is dark on a common anode with all pins high', async () => {
    await start({ kind: 'anode' });
    assert.deepEqual(take(), [[100], [100], [100], ['#000000']]);
  });
  it('tells each output what has changed there, once', async () => {
    await start();
    take();
    show('#ff2500');
    assert.deepEqual(take(), [[100], [14.5], [], ['#ff2500']]);
    show([255, 37, 0]);
    assert.deepEqual(take(), [[], [], [], []]);
    show('red');
    assert.deepEqual(take(), [[], [0], [], ['#ff0000']]);
  });
  it('blinks by its clock and goes back', async () => {
    await start();
    show('blue');
    take();
    show({ color: '#00ff00', effect: 'blink', count: 2, next: '#ffff00' });
    for (let half = 0; half < 4; half++) flow.clock().advance(500);
    assert.deepEqual(
      flow.take('css').map(({ payload }) => payload),
      ['#00ff00', '#000000', '#00ff00', '#000000', '#ffff00'],
    );
    flow.clock().advance(60_000);
    assert.deepEqual(flow.take('css'), []);
  });
  it('shows an alarm over the state, and the state again', async () => {
    await start();
    show('green');
    show('red', { layer: 'alarm' });
    show('blue', { topic: 'state' });
    show(null, { layer: 'alarm' });
    assert.deepEqual(
      flow.take('css').map(({ payload }) => payload),
      ['#000000', '#008000', '#ff0000', '#0000ff'],
    );
  });
  it('is dimmed and cleared by a word', async () => {
    await start();
    show('white');
    take();
    show(50, { topic: 'brightness' });
    show(null, { topic: 'clear' });
    assert.deepEqual(
      flow.take('css').map(({ payload }) => payload),
      ['#808080', '#000000'],
    );
  });

  for (const [msg, sentence] of [
    [{ payload: '#12' }, /^payload: must be a colour/],
    [{ payload: 256.5 }, /^payload: must be a colour/],
    [{ payload: 'red', layer: 'attic' }, /^layer: must be one of state, alarm, got "attic"$/],
    [{ topic: 'brightness', payload: 101 }, /^payload: must be a brightness of 0 to 100 %, got 101$/],
  ] as const)
    it(`refuses ${JSON.stringify(msg)} and changes nothing`, async () => {
      await start();
      show('red');
      take();
      flow.receive('led', msg);
      assert.deepEqual(take(), [[], [], [], []]);
      const [error = ''] = flow.errors();
      assert.match(error, sentence);
    });

  for (const [field, value, sentence] of [
    ['layers', 'a,,b', 'layers: must be names with commas, each once, got "a,,b"'],
    ['layers', 'a, a', 'layers: must be names with commas, each once, got "a, a"'],
    ['gamma', '0.5', 'gamma: must be a number of at least 1 and at most 3, got "0.5"'],
  ] as const)
    it(`refuses ${field} ${value}`, async () => {
      await start({ [field]: value });
      assert.deepEqual(flow.reported('led'), [sentence]);
    });

  it('is told again to pins that have just been deployed', async () => {
    await start();
    show('#ff2500');
    take();
    await flow.deploy(
      nodes({}).map((node) => (node.id === 'red' ? { ...node, name: 'another' } : node)),
      'nodes',
    );
    assert.deepEqual(take(), [[100], [14.5], [0], ['#ff2500']]);
  });
  it('leaves no timer', async () => {
    await start();
    show({ color: 'red', effect: 'blink' });
    const clock = flow.clock();
    await flow.deploy([]);
    assert.equal(clock.nextDue(), Infinity);
  });
});
