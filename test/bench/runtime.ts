import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RED, { type Node, type NodeDef, type NodeMessage } from 'node-red';

/** A node of a flow file; what has `wires` is placed on the tab by `deploy`. */
export type BenchNode = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** The end of a wire: counts what arrives. */
export interface SinkNode extends Node {
  arrived: number;
  /** The last of so many messages from now on. */
  expect(count: number): Promise<NodeMessage>;
}

/** Node-RED in this process with the palette as it is built; messages are delivered as users have it. */
export interface BenchRuntime {
  /** Replaces all flows. */
  deploy(nodes: readonly BenchNode[]): Promise<void>;
  /** Throws where there is no such node. */
  node<N extends Node = Node>(id: string): N;
  /** Calls back whenever the node with this id is done with a message, without a Complete node that copies it. */
  onComplete(id: string, done: (error: unknown) => void): void;
  /** Registers what the file of somebody else's node registers. */
  add(define: (RED: object) => void): void;
  /** the data folder */
  readonly folder: string;
  stop(): Promise<void>;
}

/** The part of Node-RED that has no types. */
interface Registry {
  registerType(set: string, type: string, constructor: object): void;
  createNode(node: Node, def: NodeDef): void;
  getNode(id: string): Node | null;
}

/** Beside the palette: a source that only sends, the node that does nothing, and the sink. */
const registerBenchNodes = (registry: Registry): void => {
  registry.registerType('bench', 'bench-source', function (this: Node, def: NodeDef) {
    registry.createNode(this, def);
  });
  registry.registerType('bench', 'bench-no-op', function (this: Node, def: NodeDef) {
    registry.createNode(this, def);
    this.on('input', (msg, send, done) => {
      send(msg);
      done();
    });
  });
  registry.registerType('bench', 'bench-sink', function (this: SinkNode, def: NodeDef) {
    registry.createNode(this, def);
    let waitedFor = Infinity;
    let settle = (_last: NodeMessage): void => {};
    this.arrived = 0;
    this.expect = (count) => {
      waitedFor = this.arrived + count;
      return new Promise((resolve) => (settle = resolve));
    };
    this.on('input', (msg, _send, done) => {
      if (++this.arrived === waitedFor) settle(msg);
      done();
    });
  });
};

const PLACE = { z: 'bench', x: 100, y: 100 };

/** Starts Node-RED with an empty data folder. `settings` come on top of its own defaults. */
export const startRuntime = async (settings: object): Promise<BenchRuntime> => {
  const userDir = await mkdtemp(join(tmpdir(), 'pilot-plant-bench-'));
  const server = createServer();
  RED.init(server, {
    userDir,
    httpAdminRoot: false,
    httpNodeRoot: '/',
    logging: { console: { level: 'error', metrics: false, audit: false } },
    externalModules: { autoInstall: false },
    ...settings,
  } as object as Parameters<typeof RED.init>[1]);
  const flowsStarted = async (): Promise<void> => {
    await once(RED.events, 'flows:started');
  };
  const begun = flowsStarted();
  await RED.start();
  await begun;
  const registry = RED.nodes as Registry;
  registerBenchNodes(registry);
  return {
    async deploy(nodes) {
      const placed = nodes.map((node) => (node['wires'] ? { ...PLACE, ...node } : node));
      const started = flowsStarted();
      await RED.runtime.flows.setFlows({
        flows: { flows: [{ id: 'bench', type: 'tab', label: 'bench' }, ...placed], credentials: {} },
      });
      await started;
    },
    node<N extends Node>(id: string) {
      const found = registry.getNode(id);
      if (!found) throw new Error(`there is no node ${id}`);
      return found as N;
    },
    onComplete(id, done) {
      RED.hooks.add(`onComplete.${id}`, ({ node, error }: { node: { id: string }; error?: unknown }) => {
        if (node.id === id) done(error);
      });
    },
    add(define) {
      define({
        settings: {},
        nodes: {
          ...registry,
          getNode: (id: string) => registry.getNode(id),
          createNode: (node: Node, def: NodeDef) => registry.createNode(node, def),
          registerType: (type: string, constructor: object) =>
            registry.registerType('bench', type, constructor),
        },
      });
    },
    folder: userDir,
    async stop() {
      await RED.stop();
      server.close();
      await rm(userDir, { recursive: true, force: true });
    },
  };
};
