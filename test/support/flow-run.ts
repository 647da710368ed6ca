import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RED, { type Node } from 'node-red';
import type { PlantClock } from '../../nodes/lib/clock.ts';
import { compose, flowText } from '../../runtime/compose.ts';
import { readFlowFiles } from '../../runtime/flow-files.ts';

const root = join(import.meta.dirname, '..', '..');

/** A message on a wire: the path of the node that sends it, its output, and the message as it is then. */
export interface Sent {
  readonly from: string;
  readonly port: number;
  readonly msg: Readonly<Record<string, unknown>>;
}

/** Shipped flows in the real runtime, stepped: a message has gone all the way before `receive` or `advance` returns. */
export interface FlowRun {
  /** A node by its path without the tab: its id, after the id of the subflow instance it is in. */
  node(path: string): Node;
  /** Gives a node a message, as a wire would. */
  receive(path: string, msg: Readonly<Record<string, unknown>>): void;
  clock(id: string): PlantClock;
  /** Tells every message a node sends from now on, until the function it returns is called. */
  watch(listener: (sent: Sent) => void): () => void;
  stop(): Promise<void>;
}

interface SendEvent {
  readonly source: { readonly node: Node; readonly port: number };
  msg: Record<string, unknown>;
  cloneMessage: boolean;
}

const pathOf = (node: Node): string => String(Reflect.get(node, '_path')).split('/').slice(1).join('/');

/** Runs plants of `flows/` in this process, with the environment that `npm start` would give them. */
export const runFlow = async (
  plants: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<FlowRun> => {
  const userDir = await mkdtemp(join(tmpdir(), 'pilot-plant-flow-'));
  const flow = compose(readFlowFiles(join(root, 'flows'), plants));
  await writeFile(join(userDir, 'flows.json'), flowText(flow));
  Object.assign(process.env, { PLANT_MODE: 'simulated', TANKS: '3', MQTT_TLS: '', ...environment });
  // No broker: in a stepped run MQTT is a mirror beside the wires.
  process.env['MQTT_HOST'] ??= '127.0.0.1';
  process.env['MQTT_PORT'] ??= '9';
  const server = createServer();
  RED.init(server, {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: false,
    httpNodeRoot: '/',
    runtimeSyncDelivery: true,
    pilotPlant: { clock: 'stepped' },
    logging: { console: { level: 'error', metrics: false, audit: false } },
    externalModules: { autoInstall: false },
  } as object as Parameters<typeof RED.init>[1]);
  const nodes = new Map<string, Node>();
  const watchers = new Set<(sent: Sent) => void>();
  RED.hooks.add('onSend.flow-run', (events: SendEvent[]) => {
    for (const event of events) {
      const { source, cloneMessage } = event;
      // Delivered at once, the first branch would change what the others get: Node-RED copies one by one.
      if (cloneMessage) event.msg = RED.util.cloneMessage(event.msg);
      const from = pathOf(source.node);
      nodes.set(from, source.node);
      for (const watcher of watchers) watcher({ from, port: source.port, msg: event.msg });
    }
  });
  const started = new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()));
  await RED.start();
  await started;
  const getNode = Reflect.get(RED.nodes, 'getNode') as (id: string) => Node | null;
  const node = (path: string): Node => {
    // What stands in a subflow has an id of its own at run time; it is known once it has sent something.
    const found = nodes.get(path) ?? getNode(path);
    if (!found) throw new Error(`no node ${path} runs`);
    return found;
  };
  return {
    node,
    receive: (path, msg) => node(path).receive({ ...msg }),
    clock: (id) => Reflect.get(node(id), 'clock') as PlantClock,
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    async stop() {
      RED.hooks.remove('*.flow-run');
      await RED.stop();
      server.close();
      await rm(userDir, { recursive: true, force: true });
    },
  };
};
