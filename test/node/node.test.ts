import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { defineNode, guarded, onClose, onInput, type Message, type Send } from '../../nodes/lib/node.ts';
import { runNodes, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

interface Worker extends Node {
  setup: number;
}
type Work = (node: Worker, msg: Message, send: Send) => void | Promise<void>;

/** A node that does with a message what the test says. */
const workerOf =
  (work: Work, setup: (node: Worker, def: NodeDef) => void = () => {}) =>
  (RED: NodeAPI): void =>
    defineNode<NodeDef, Worker>(RED, 'worker', (node, def) => {
      setup(node, def);
      onInput(node, (msg, send) => work(node, msg, send));
    });
const nodes: FlowNode[] = [
  { id: 'worker', type: 'worker', wires: [['out']] },
  { id: 'out', type: 'probe', wires: [] },
  { id: 'complete', type: 'complete', scope: ['worker'], wires: [['completed']] },
  { id: 'completed', type: 'probe', wires: [] },
];

describe('node: defineNode, onInput, guarded, onClose', () => {
  let flow: NodeFlow;
  const start = async (work: Work, setup?: (node: Worker, def: NodeDef) => void): Promise<void> => {
    flow = await runNodes([workerOf(work, setup)], nodes);
  };
  afterEach(() => flow.close());

  it('a message that is handled is complete', async () => {
    await start((_node, msg, send) => send({ ...msg, payload: 2 }));
    flow.receive('worker', { payload: 1 });
    assert.deepEqual(
      flow.take('out').map(({ payload }) => payload),
      [2],
    );
    assert.deepEqual(
      flow.take('completed').map(({ payload }) => payload),
      [1],
    );
    assert.deepEqual(flow.errors(), []);
  });

  it('so is one that takes its time', async () => {
    await start(async (_node, msg, send) => {
      await Promise.resolve();
      send(msg);
    });
    flow.receive('worker', { payload: 1 });
    assert.equal((await flow.next('completed'))['payload'], 1);
    assert.equal(flow.take('out').length, 1);
  });

  const failures: [string, Work][] = [
    [
      'throws',
      () => {
        throw new Error('payload: broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('payload: broken'))],
    [
      'throws text',
      () => {
        const text: unknown = 'payload: broken';
        throw text;
      },
    ],
  ];
  for (const [name, work] of failures)
    it(`a handler that ${name} is an error for Catch, once, with the message; the node goes on`, async () => {
      await start(work);
      flow.receive('worker', { payload: 1 });
      flow.receive('worker', { payload: 2 });
      const caught = [await flow.next('errors'), await flow.next('errors')];
      assert.deepEqual(
        caught.map(({ payload }) => payload),
        [1, 2],
      );
      for (const { error } of caught) assert.match((error as Error).message, /^(Error: )?payload: broken$/);
      assert.deepEqual([...flow.take('completed'), ...flow.errors()], []);
    });

  it('what was sent before the handler threw stays sent', async () => {
    await start((_node, msg, send) => {
      send(msg);
      throw new Error('too late');
    });
    flow.receive('worker', { payload: 1 });
    assert.equal(flow.take('out').length, 1);
    assert.deepEqual(flow.errors(), ['too late']);
  });

  it('a configuration that cannot be read leaves a node with a red ring and an error', async () => {
    await start(
      () => {},
      () => {
        throw new Error('speed: must be a number, got "x"');
      },
    );
    assert.deepEqual(flow.reported('worker'), ['speed: must be a number, got "x"']);
    assert.deepEqual(flow.statuses('worker'), ['configuration']);
  });

  it('a guarded callback that throws is an error for Catch, not the end of the runtime', async () => {
    await start(() => {});
    const run = guarded(flow.node('worker'), (what: string) => {
      throw new Error(`timer: ${what}`);
    });
    run('broken');
    assert.deepEqual(flow.errors(), ['timer: broken']);
  });

  it('close runs every release, also after one that throws, and knows whether the node is removed', async () => {
    const closed: unknown[] = [];
    await start(
      () => {},
      (node) => {
        onClose(node, () => {
          throw new Error('close: broken');
        });
        onClose(node, (removed) => closed.push(removed));
      },
    );
    await flow.deploy(
      nodes.map((node) => (node.id === 'worker' ? { ...node, name: 'new' } : node)),
      'nodes',
    );
    assert.deepEqual(closed, [false]);
    await flow.deploy(nodes.slice(1), 'nodes');
    assert.deepEqual(closed, [false, true]);
  });
});

describe('node: onInput calls done exactly once', () => {
  it('whatever the handler does, and even where done itself throws', async () => {
    const outcome = fc.constantFrom('returns', 'throws', 'resolves', 'rejects');
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { maxLength: 10 }), fc.boolean(), async (outcomes, doneThrows) => {
        const node = new EventEmitter() as object as Node;
        onInput(node, ({ payload }) => {
          if (payload === 'throws') throw new Error('handler');
          if (payload === 'resolves') return Promise.resolve();
          if (payload === 'rejects') return Promise.reject(new Error('handler'));
          return undefined;
        });
        for (const payload of outcomes) {
          const calls: unknown[] = [];
          const done = (error?: Error): void => {
            calls.push(error?.message);
            if (doneThrows && payload === 'returns') throw new Error('done');
          };
          const emit = (): unknown => node.emit('input', { payload, _msgid: 'm' }, () => {}, done);
          if (doneThrows && payload === 'returns') assert.throws(emit, /^Error: done$/);
          else emit();
          await Promise.resolve().then(() => Promise.resolve());
          assert.deepEqual(calls, [payload === 'throws' || payload === 'rejects' ? 'handler' : undefined]);
        }
      }),
    );
  });
});
