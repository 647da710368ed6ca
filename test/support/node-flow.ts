import { once, EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { PlantClock } from '../../nodes/lib/clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';

type DeployType = 'full' | 'flows' | 'nodes';

/** What we use of node-red-node-test-helper, which brings no types. */
interface Helper {
  settings(settings: object): void;
  load(nodes: ((RED: NodeAPI) => void)[], flow: object[], credentials?: object): Promise<void>;
  unload(): Promise<void>;
  setFlows(flow: object[], type: DeployType): Promise<void>;
  getNode(id: string): Node | null;
}
const helper = createRequire(import.meta.url)('node-red-node-test-helper') as Helper;

/** A message a node has sent, or a status or error it has given. */
export type Sent = Readonly<Record<string, unknown>>;
/** A node of a flow file. What has `wires` stands on the tab; what has none is a config node or a subflow. */
export type FlowNode = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** A few nodes running in a runtime of their own. Deliveries are synchronous, so most tests need no waiting. */
export interface NodeFlow {
  /** throws where there is no such node: Node-RED loads an unknown type without a word */
  node<N extends Node = Node>(id: string): N;
  clock(id?: string): PlantClock;
  receive(id: string, msg: NodeMessage & Record<string, unknown>): void;
  /** what a `probe` node has got since the last `take`, oldest first, also while the flows were starting */
  take(id: string): Sent[];
  /** the next message a `probe` node gets, or the oldest it has: only for clocks and timers that run by themselves */
  next(id: string): Promise<Sent>;
  /** the messages of the errors a Catch node has seen since the last call */
  errors(): string[];
  /** the texts of all statuses a node has shown, also from its constructor */
  statuses(id: string): string[];
  /** the messages of all errors a node has reported, caught or not, also from its constructor */
  reported(id: string): string[];
  /** the texts all nodes on the tab have warned with */
  warnings(): string[];
  deploy(nodes: readonly FlowNode[], type?: DeployType): Promise<void>;
  /** Stops the runtime. The state of the nodes stays in the data folder for the next one that names it. */
  close(): Promise<void>;
}

export interface NodeFlowOptions {
  /** data folder; without one, state is kept nowhere beyond this flow; `memory`: as long as this process */
  readonly userDir?: string;
  /** false: clocks are what they are in the flow file; they are stepped otherwise */
  readonly stepped?: boolean;
}

const PLACE = { z: 'tab', x: 100, y: 100 };
const frame: readonly FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'catch', ...PLACE, type: 'catch', scope: null, uncaught: false, wires: [['errors']] },
  { id: 'errors', ...PLACE, type: 'probe', wires: [] },
];
const framed = (nodes: readonly FlowNode[]): FlowNode[] => [
  ...frame,
  ...nodes.map((node) => (node['wires'] && !node['z'] ? { ...PLACE, ...node } : node)),
];
/** Config nodes that nobody names are not started, tabs and subflows are no nodes. */
const running = (nodes: readonly FlowNode[]): FlowNode[] =>
  nodes.filter(({ z, wires, d }) => z === 'tab' && wires && d !== true);

/** A new folder under the system's temporary one, and the function that removes it. */
export const temporaryFolder = (): { folder: string; remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
  return {
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** Runs nodes of the given adapters on a tab with a Catch node. */
export const runNodes = async (
  adapters: readonly ((RED: NodeAPI) => void)[],
  nodes: readonly FlowNode[],
  { userDir, stepped = true }: NodeFlowOptions = {},
): Promise<NodeFlow> => {
  const own = userDir === undefined ? temporaryFolder() : undefined;
  const folder = userDir === 'memory' ? undefined : (userDir ?? own?.folder);
  helper.settings({
    runtimeSyncDelivery: true,
    pilotPlant: stepped ? { clock: 'stepped' } : {},
    userDir: folder,
  });
  const got = new Map<string, Sent[]>();
  const arrivals = new EventEmitter();
  const record = (id: string, msg: Sent): void => {
    const list = got.get(id) ?? [];
    list.push(structuredClone(msg));
    got.set(id, list);
    arrivals.emit(id);
  };
  // A probe must listen before the first message, which comes as soon as the flows have started, or earlier.
  const registerProbe = (RED: NodeAPI): void => {
    RED.nodes.registerType('probe', function (this: Node, def) {
      RED.nodes.createNode(this, def);
      this.on('input', (msg, _send, done) => {
        record(this.id, msg);
        done();
      });
    });
  };
  const node = <N extends Node>(id: string): N => {
    const found = helper.getNode(id);
    if (!found) throw new Error(`there is no node ${id}`);
    return found as N;
  };
  /** The first argument of every call of a node's method: the test helper has put a spy in its place. */
  const callsOf = (id: string, method: 'status' | 'error' | 'warn'): unknown[] => {
    const { args, thisValues } = node(id)[method] as unknown as { args: unknown[][]; thisValues: Node[] };
    return args.flatMap(([first], call) => (thisValues[call]?.id === id ? [first] : []));
  };
  const assertRunning = (flow: readonly FlowNode[]): void => {
    for (const { id } of running(flow)) node(id);
  };
  const take = (id: string): Sent[] => got.get(id)?.splice(0) ?? [];

  const flow = framed(nodes);
  await helper.load([registerProbe, ...adapters], flow);
  assertRunning(flow);
  return {
    node,
    clock: (id = 'clock') => node<Node & { clock: PlantClock }>(id).clock,
    receive: (id, msg) => node(id).receive(msg),
    take,
    async next(id) {
      while (!got.get(id)?.length) await once(arrivals, id);
      return got.get(id)?.shift() ?? {};
    },
    errors: () =>
      take('errors').map((msg) => (msg['error'] as { message: string }).message.replace(/^Error: /, '')),
    statuses: (id) =>
      callsOf(id, 'status').map((status) =>
        typeof status === 'object' && status && 'text' in status ? String(status.text) : '',
      ),
    reported: (id) =>
      callsOf(id, 'error').map((cause) => (cause instanceof Error ? cause.message : String(cause))),
    warnings: () =>
      running(flow)
        .flatMap(({ id }) => callsOf(id, 'warn'))
        .map(String),
    async deploy(changed, type = 'full') {
      const next = framed(changed);
      await helper.setFlows(next, type);
      assertRunning(next);
    },
    async close() {
      await helper.unload();
      if (folder !== undefined) stateDatabase(folder).close();
      own?.remove();
    },
  };
};
