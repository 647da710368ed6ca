import type { Node, NodeAPI } from 'node-red';
import { guarded } from './node.ts';

type Started = NodeAPI['events'];
const waiting = new WeakMap<Started, Map<Node, () => void>>();

/**
 * Runs `run` once, when all flows of this deploy have started: what a node sends from its constructor may reach nodes
 * that do not exist yet. A runtime has one listener for all nodes, so that thousands of them are no leak.
 */
export const onStarted = (RED: NodeAPI, node: Node, run: () => void): void => {
  const { events } = RED;
  let nodes = waiting.get(events);
  if (!nodes) {
    const fresh = new Map<Node, () => void>();
    events.on('flows:started', () => {
      const ready = [...fresh];
      fresh.clear();
      for (const [waiter, start] of ready) guarded(waiter, start)();
    });
    waiting.set(events, fresh);
    nodes = fresh;
  }
  nodes.set(node, run);
  node.on('close', () => {
    waiting.get(events)?.delete(node);
  });
};
