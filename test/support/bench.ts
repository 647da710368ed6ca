import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { PlantClock } from '../../nodes/lib/clock.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { runNodes, type FlowNode, type Sent } from './node-flow.ts';

export type { Sent } from './node-flow.ts';

/** One adapter in a flow of its own: a stepped clock, a probe at every output, catch and status nodes. */
export interface Bench {
  readonly clock: PlantClock;
  /** the node's messages per output, oldest first; `take` empties the list */
  take(output?: number): Sent[];
  /** the same of another node of type `probe` */
  probe(id: string): Sent[];
  errors(): string[];
  /** what the node has reported, from its constructor or elsewhere, caught or not */
  reported(): string[];
  /** the texts its status has shown since the flows have started */
  statuses(): string[];
  receive(msg: NodeMessage & Record<string, unknown>): void;
  node(id?: string): Node;
  redeploy(type: 'full' | 'flows' | 'nodes', change?: object): Promise<void>;
  close(): Promise<void>;
}

/** Loads `adapter` as node `n1`. State lives in memory and outlives the bench, as a data folder would. */
export const bench = async (
  adapter: (RED: NodeAPI) => void,
  def: { type: string },
  { outputs = 1, others = [] as FlowNode[] } = {},
): Promise<Bench> => {
  const probes = Array.from({ length: outputs }, (_, index) => `out${index + 1}`);
  const nodes = (change: object = {}): FlowNode[] => [
    { id: 'clock', type: 'process-clock', mode: 'stepped', start: '2020-01-01T00:00:00Z' },
    { id: 'n1', clock: 'clock', wires: probes.map((id) => [id]), ...def, ...change },
    { id: 'status', type: 'status', scope: ['n1'], wires: [['statuses']] },
    ...['statuses', ...probes].map((id) => ({ id, type: 'probe', wires: [] })),
    ...others,
  ];
  const flow = await runNodes([processClock, adapter], nodes(), { userDir: 'memory' });
  return {
    get clock() {
      return flow.clock();
    },
    take: (output = 1) => flow.take(`out${output}`),
    probe: (id) => flow.take(id),
    errors: () => flow.errors(),
    reported: () => flow.reported('n1'),
    statuses: () => flow.take('statuses').map((msg) => (msg['status'] as { text: string }).text),
    receive: (msg) => flow.receive('n1', msg),
    node: (id = 'n1') => flow.node(id),
    redeploy: (type, change) => flow.deploy(nodes(change), type),
    close: () => flow.close(),
  };
};
