import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'mocha';
import { onStarted } from '../../nodes/lib/started.ts';

class Waiter extends EventEmitter {
  readonly errors: Error[] = [];
  error(cause: Error): void {
    this.errors.push(cause);
  }
}

describe('onStarted', () => {
  it('runs once, with one listener for any number of nodes', () => {
    const events = new EventEmitter();
    let runs = 0;
    for (let index = 0; index < 50; index++) onStarted({ events }, new Waiter(), () => runs++);
    assert.equal(events.listenerCount('flows:started'), 1);
    events.emit('flows:started');
    events.emit('flows:started');
    assert.equal(runs, 50);
  });

  it('runs at every start where that is asked for, until the node closes', () => {
    const events = new EventEmitter();
    const node = new Waiter();
    let runs = 0;
    onStarted({ events }, node, () => runs++, { again: true });
    events.emit('flows:started');
    events.emit('flows:started');
    node.emit('close');
    events.emit('flows:started');
    assert.equal(runs, 2);
  });

  it('does not run for a node that was closed before', () => {
    const events = new EventEmitter();
    const node = new Waiter();
    let runs = 0;
    onStarted({ events }, node, () => runs++);
    node.emit('close');
    events.emit('flows:started');
    assert.equal(runs, 0);
  });

  it('reports what one node throws and goes on with the next', () => {
    const events = new EventEmitter();
    const node = new Waiter();
    let runs = 0;
    onStarted({ events }, node, () => {
      throw new Error('boom');
    });
    onStarted({ events }, new Waiter(), () => runs++);
    events.emit('flows:started');
    assert.deepEqual(node.errors.map(String), ['Error: boom']);
    assert.equal(runs, 1);
  });
});
