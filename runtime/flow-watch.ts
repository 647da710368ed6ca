import type RED from 'node-red';
import type { HealthBoard } from '../nodes/lib/health.ts';
import { createLinkWatch, flowsReport, type FlowFacts, type Link } from './plant-health.ts';

type Runtime = typeof RED;
/** As much of a node's configuration and of a core `mqtt-broker` as is looked at here; the types lack it. */
interface Config {
  readonly id: string;
  readonly type: string;
  readonly wires?: unknown;
  readonly autoConnect?: boolean;
}
interface Nodes {
  eachNode(visit: (config: Config) => void): void;
  getNode(id: string): { readonly connected?: boolean; readonly users?: object } | null;
}
interface StateEvent {
  readonly id?: string;
  readonly payload?: {
    readonly state?: string;
    readonly error?: string;
    readonly types?: readonly string[];
  };
}

const LOOK_MS = 1000;

/** What keeps the flows from starting, in words. */
export const obstacleOf = ({ error, types }: NonNullable<StateEvent['payload']>): string | undefined => {
  if (error === 'missing-types') return `they wait for nodes that are not installed: ${types?.join(', ')}`;
  if (error === 'credentials_load_failed') return 'their credentials cannot be decrypted';
  return error === undefined ? undefined : `they have not started: ${error}`;
};

/** Whether the flows run: told on the health board as long as this process lives, and once to whoever starts them. */
export interface FlowWatch {
  /** resolves when they run, or with what keeps them from it */
  readonly settled: Promise<string | undefined>;
}

export const watchFlows = (runtime: Runtime, board: HealthBoard): FlowWatch => {
  const nodes = runtime.nodes as unknown as Nodes;
  const { promise: settled, resolve } = Promise.withResolvers<string | undefined>();
  let facts: FlowFacts = { state: 'starting', nodes: 0 };
  const links = createLinkWatch();

  const running = (): number => {
    let count = 0;
    nodes.eachNode(({ id, type, wires }) => {
      if (wires !== undefined && type !== 'comment' && nodes.getNode(id) !== null) count++;
    });
    return count;
  };
  const linksNow = (): Link[] => {
    const found: Link[] = [];
    nodes.eachNode(({ id, type, autoConnect }) => {
      const node = type === 'mqtt-broker' && autoConnect !== false ? nodes.getNode(id) : null;
      if (node && Object.keys(node.users ?? {}).length > 0)
        found.push({ id, connected: node.connected === true });
    });
    return found;
  };

  const starting = (): void => {
    facts = { state: 'starting', nodes: 0 };
  };
  const started = (): void => {
    facts = { state: 'running', nodes: running() };
    resolve(undefined);
  };
  const stopped = (): void => {
    facts = { ...facts, state: 'stopped', nodes: 0 };
  };
  const told = ({ id, payload }: StateEvent): void => {
    if (id !== 'runtime-state') return;
    const obstacle = payload && obstacleOf(payload);
    if (obstacle !== undefined) {
      facts = { state: 'stopped', obstacle, nodes: 0 };
      resolve(obstacle);
    } else if (payload?.state === 'stop') stopped();
  };
  runtime.events.on('flows:starting', starting);
  runtime.events.on('flows:started', started);
  runtime.events.on('flows:stopping', stopped);
  runtime.events.on('runtime-event', told);
  // Before there are flows, the runtime has no list of their nodes.
  const look = (): void => links.see(facts.state === 'running' ? linksNow() : [], performance.now());
  setInterval(look, LOOK_MS).unref();
  board.add('flows', () => flowsReport(facts));
  board.add('mqtt', () => links.report(performance.now()));
  return { settled };
};
