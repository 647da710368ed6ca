import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Node, NodeAPI } from 'node-red';
import { describe, it } from 'mocha';
import { onStarted } from '../../nodes/lib/started.ts';

const runtime = () => {
  const events = new EventEmitter();
  return { RED: { events } as unknown as NodeAPI, events };
};
const nodeWith = (errors: unknown[] = []): Node =>
  Object.assign(new EventEmitter(), { error: (cause: unknown) => errors.push(cause) }) as unknown as Node;

describe('onStarted', () => {
  it('runs once, with one listener for any number of nodes', () => {
    const { RED, events } = runtime();
    let runs = 0;
    for (let index = 0; index < 50; index++) onStarted(RED, nodeWith(), () => runs++);
    assert.equal(events.listenerCount('flows:started'), 1);
    events.emit('flows:started');
    events.emit('flows:started');
    assert.equal(runs, 50);
  });

  it('does not run for a node that was closed before', () => {
    const { RED, events } = runtime();
    const node = nodeWith();
    onStarted(RED, node, () => assert.fail('must not run'));
    node.emit('close');
    events.emit('flows:started');
  });

  it('reports what one node throws and goes on with the next', () => {
    const { RED, events } = runtime();
    const errors: unknown[] = [];
    let ran = false;
    onStarted(RED, nodeWith(errors), () => {
      throw new Error('boom');
    });
    onStarted(RED, nodeWith(), () => {
      ran = true;
    });
    events.emit('flows:started');
    assert.deepEqual(errors.map(String), ['Error: boom']);
    assert.equal(ran, true);
  });
});
