/** The part of a runtime and of a node that is needed here, so that this can be tested without either. */
interface Events {
  on(event: 'flows:started', listener: () => void): unknown;
}
interface Waiter {
  on(event: 'close', listener: () => void): unknown;
  error(cause: Error): unknown;
}
interface Waiting {
  readonly run: () => void;
  readonly again: boolean;
}
const waiting = new WeakMap<Events, Map<Waiter, Waiting>>();

/** The one listener of a runtime, for any number of nodes: one each would look like a leak. */
const listen = (events: Events): Map<Waiter, Waiting> => {
  const nodes = new Map<Waiter, Waiting>();
  events.on('flows:started', () => {
    for (const [node, { run, again }] of nodes) {
      if (!again) nodes.delete(node);
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
 * that do not exist yet. With `again` also after every later deploy, when other nodes have started anew.
 */
export const onStarted = (
  RED: { readonly events: Events },
  node: Waiter,
  run: () => void,
  { again = false } = {},
): void => {
  const nodes = waiting.get(RED.events) ?? listen(RED.events);
  nodes.set(node, { run, again });
  node.on('close', () => {
    nodes.delete(node);
  });
};
