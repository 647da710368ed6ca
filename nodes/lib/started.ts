/** The part of a runtime and of a node that is needed here, so that this can be tested without either. */
interface Events {
  on(event: 'flows:started', listener: () => void): unknown;
}
interface Waiter {
  on(event: 'close', listener: () => void): unknown;
  error(cause: Error): unknown;
}
const waiting = new WeakMap<Events, Map<Waiter, () => void>>();

/** The one listener of a runtime, for any number of nodes: one each would look like a leak. */
const listen = (events: Events): Map<Waiter, () => void> => {
  const nodes = new Map<Waiter, () => void>();
  events.on('flows:started', () => {
    const ready = [...nodes];
    nodes.clear();
    for (const [node, run] of ready) {
      try {
        run();
      } catch (cause) {
        node.error(cause instanceof Error ? cause : new Error(String(cause)));
      }
    }
  });
  waiting.set(events, nodes);
  return nodes;
};

/**
 * Runs `run` once, when all flows of this deploy have started: what a node sends from its constructor may reach nodes
 * that do not exist yet.
 */
export const onStarted = (RED: { readonly events: Events }, node: Waiter, run: () => void): void => {
  const nodes = waiting.get(RED.events) ?? listen(RED.events);
  nodes.set(node, run);
  node.on('close', () => {
    nodes.delete(node);
  });
};
