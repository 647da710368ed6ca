import { createRequire } from 'node:module';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { PlantClock } from '../../nodes/lib/clock.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';

/** What we use of node-red-node-test-helper, which brings no types. */
interface Helper {
  settings(settings: object): void;
  load(nodes: ((RED: NodeAPI) => void)[], flow: object[], credentials?: object): Promise<void>;
  unload(): Promise<void>;
  setFlows(flow: object[], type: 'full' | 'flows' | 'nodes'): Promise<void>;
  getNode(id: string): Node | null;
}
const helper = createRequire(import.meta.url)('node-red-node-test-helper') as Helper;

/** A message a node under test has sent, or a status or error it has given. */
export type Sent = Readonly<Record<string, unknown>>;

/** One adapter in a flow of its own: a stepped clock, a probe at every output, catch and status nodes. */
export interface Bench {
  readonly clock: PlantClock;
  /** the node's messages per output, oldest first; `take` empties the list */
  take(output?: number): Sent[];
  errors(): string[];
  /** what nodes of any kind have reported from their constructors or elsewhere, caught or not */
  reported(): string[];
  /** the texts its status has shown since the flows have started */
  statuses(): string[];
  receive(msg: NodeMessage & Record<string, unknown>): void;
  node(id?: string): Node;
  redeploy(type: 'full' | 'flows' | 'nodes', change?: object): Promise<void>;
  close(): Promise<void>;
}

const START = '2020-01-01T00:00:00Z';
const X_Y = { x: 100, y: 100, z: 'tab' };

/** Loads `adapter` as node `n1`; deliveries are synchronous, so a test needs no waiting. */
export const bench = async (
  adapter: (RED: NodeAPI) => void,
  def: { type: string },
  { outputs = 1, others = [] as object[] } = {},
): Promise<Bench> => {
  helper.settings({ runtimeSyncDelivery: true, pilotPlant: { clock: 'stepped' }, userDir: undefined });
  const probes = Array.from({ length: outputs }, (_, index) => `out${index + 1}`);
  const flow = (change: object = {}): object[] => [
    { id: 'tab', type: 'tab', label: 'bench' },
    { id: 'clock', type: 'process-clock', mode: 'stepped', start: START },
    { id: 'n1', ...X_Y, clock: 'clock', wires: probes.map((id) => [id]), ...def, ...change },
    { id: 'caught', ...X_Y, type: 'catch', scope: null, uncaught: false, wires: [['errors']] },
    { id: 'errors', ...X_Y, type: 'helper', wires: [] },
    { id: 'shown', ...X_Y, type: 'status', scope: ['n1'], wires: [['statuses']] },
    { id: 'statuses', ...X_Y, type: 'helper', wires: [] },
    ...probes.map((id) => ({ id, ...X_Y, type: 'helper', wires: [] })),
    ...others,
  ];
  const got = new Map<string, Sent[]>();
  const node = (id = 'n1'): Node => {
    const found = helper.getNode(id);
    if (!found) throw new Error(`no node ${id}`);
    return found;
  };
  const listen = (id: string): void => {
    got.set(id, []);
    node(id).on('input', (msg, _send, done) => {
      got.get(id)?.push(structuredClone(msg));
      done();
    });
  };
  // Helper nodes must listen before the first message, which comes as soon as the flows have started.
  const listening = (RED: NodeAPI): void => {
    RED.events.prependListener('flows:started', onStarted);
  };
  const attached = new WeakSet<Node>();
  const onStarted = (): void => {
    for (const id of [...probes, 'errors', 'statuses']) {
      if (attached.has(node(id))) continue;
      attached.add(node(id));
      listen(id);
    }
  };
  let api: NodeAPI | undefined;
  await helper.load(
    [
      processClock,
      adapter,
      (RED) => {
        api = RED;
        listening(RED);
      },
    ],
    flow(),
  );
  const take = (id: string): Sent[] => got.get(id)?.splice(0) ?? [];
  return {
    get clock() {
      return (node('clock') as Node & { clock: PlantClock }).clock;
    },
    take: (output = 1) => take(`out${output}`),
    errors: () =>
      take('errors').map((msg) => (msg['error'] as { message: string }).message.replace(/^Error: /, '')),
    reported: () =>
      (node().error as unknown as { args: unknown[][] }).args.map(([cause]) =>
        cause instanceof Error ? cause.message : String(cause),
      ),
    statuses: () => take('statuses').map((msg) => (msg['status'] as { text: string }).text),
    receive: (msg) => node().receive(msg),
    node,
    redeploy: (type, change) => helper.setFlows(flow(change), type),
    async close() {
      api?.events.removeListener('flows:started', onStarted);
      await helper.unload();
    },
  };
};
