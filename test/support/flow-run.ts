import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import RED, { type Node } from 'node-red';
import type { PlantClock } from '../../nodes/lib/clock.ts';
import { compose, type Flow, type FlowNode } from '../../runtime/compose.ts';
import { readFlowFiles } from '../../runtime/flow-files.ts';
import { fakeHost, type FakeHost } from './fake-host.ts';

const root = join(import.meta.dirname, '..', '..');

/** A message on a wire: the path of the node that sends it, its output, and the message as it is then. */
export interface Sent {
  readonly from: string;
  readonly port: number;
  readonly msg: Readonly<Record<string, unknown>>;
}
type Msg = Readonly<Record<string, unknown>>;

/**
 * Shipped flows in the real runtime, on clocks that only a test moves. Deliveries are synchronous, but some core nodes
 * take their time: `settle` waits until every message has arrived, and so does whatever returns a promise.
 */
export interface FlowRun {
  /** A node by its path without the tab: its id, after the id of the subflow instance it is in. */
  node(path: string): Node;
  /** Gives a node a message, as a wire would. */
  receive(path: string, msg: Msg): Promise<void>;
  /** Lets a node send a message, as if something outside had made it do so: a broker, a person on a page. */
  say(path: string, msg: Msg): Promise<void>;
  clock(id: string): PlantClock;
  /** The plant's stepped clock goes on; the messages of each deadline arrive before the next one. */
  step(ms: number): Promise<void>;
  /** Wall time goes on, and with it every clock that is not stepped. */
  elapse(ms: number): Promise<void>;
  settle(): Promise<void>;
  /** Tells every message a node sends from now on, until the function it returns is called. */
  watch(listener: (sent: Sent) => void): () => void;
  stop(): Promise<void>;
}

export interface FlowRunOptions {
  /** what `npm start` would give the flows, where it differs from its own defaults */
  readonly environment?: Readonly<Record<string, string>>;
  /** `stepped`: plants' clocks are; `host`: they are what the flows say, on a machine moved by `elapse` */
  readonly clocks?: 'stepped' | 'host';
  /** tabs that are left out */
  readonly without?: readonly string[];
  /** told of every message from the very first one on */
  readonly watcher?: (sent: Sent) => void;
}

interface SendEvent {
  readonly source: { readonly node: Node; readonly port: number };
  msg: Record<string, unknown>;
  cloneMessage: boolean;
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Comes when every promise that can be settled now has been. */
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
/** Core switch nodes pass one message per turn of the event loop, with or without effect; JSONata takes promises. */
const settle = async (): Promise<void> => {
  await tick();
  while (process.getActiveResourcesInfo().includes('Immediate')) {
    await immediate();
    await tick();
  }
};

const paths = new WeakMap<Node, string>();
const pathOf = (node: Node): string => {
  const known = paths.get(node);
  if (known !== undefined) return known;
  const path = String(Reflect.get(node, '_path')).split('/').slice(1).join('/');
  paths.set(node, path);
  return path;
};

const getNode = (id: string): Node | null =>
  (Reflect.get(RED.nodes, 'getNode') as (id: string) => Node | null)(id);
/** What stands in a subflow has an id of its own at run time; its instance knows it. */
const inSubflow = (instance: Node | null, id: string): Node | null => {
  const flow = Reflect.get(instance ?? {}, '_flow') as
    { node_map?: Record<string, { id: string }> } | undefined;
  const found = flow?.node_map?.[id];
  return found ? getNode(found.id) : null;
};

/** Watches what is sent. Delivered at once, the first branch would change what the others get, so all get copies. */
const observe = (watchers: ReadonlySet<(sent: Sent) => void>): void => {
  RED.hooks.add('onSend.flow-run', (events: SendEvent[]) => {
    for (const event of events) {
      if (event.cloneMessage) event.msg = RED.util.cloneMessage(event.msg);
      event.cloneMessage = false;
    }
    if (watchers.size === 0) return;
    for (const { source, msg } of events)
      for (const watcher of watchers) watcher({ from: pathOf(source.node), port: source.port, msg });
  });
};

/** Resolves when every inject node that fires at the start has done so. */
const injected = (flow: Flow, watchers: Set<(sent: Sent) => void>): Promise<void> => {
  const waiting = new Set(
    flow.filter(({ type, once }) => type === 'inject' && once === true).map(({ id }) => id),
  );
  return new Promise((resolve) => {
    const watcher = ({ from }: Sent): void => {
      waiting.delete(from);
      if (waiting.size > 0) return;
      watchers.delete(watcher);
      resolve();
    };
    watchers.add(watcher);
  });
};

/** A flow without some tabs and the links to them. */
const leftOver = (flow: Flow, tabs: readonly string[]): Flow => {
  const left = flow.filter(({ id, z }) => !tabs.includes(id) && !tabs.includes(String(z)));
  const ids = new Set(left.map(({ id }) => id));
  const isThere = (id: unknown): boolean => ids.has(String(id));
  return left.map((node) =>
    Array.isArray(node['links']) ? { ...node, links: node['links'].filter(isThere) } : node,
  );
};

/** In these runs MQTT is a mirror beside the wires: nobody connects. */
const unconnected = (node: FlowNode): FlowNode =>
  node.type === 'mqtt-broker' ? { ...node, autoConnect: false } : node;

/** What `npm start` would give the flows. Sensors have no port: simulated boards are wired straight through. */
const usual = {
  PLANT_MODE: 'simulated',
  TANKS: '3',
  MQTT_HOST: '127.0.0.1',
  MQTT_PORT: '1883',
  MQTT_TLS: '',
  TLS_CA: '',
  CLOUD_MQTT_HOST: '127.0.0.1',
  CLOUD_MQTT_PORT: '1883',
  CLOUD_MQTT_TLS: '',
  CLOUD_TLS_CA: '',
  CLOUD_TLS_CERT: '',
  CLOUD_TLS_KEY: '',
  CLOUD_PROFILE: 'mqtt',
  SENSOR_PORT: '',
  SENSOR_HOST: '127.0.0.1',
  SENSOR_REACHABLE: '127.0.0.1',
  SENSOR_SECONDS: '2',
  MEASURE_SECONDS: '5',
  SMTP_URL: '',
  ALARM_MAIL_TO: '',
};

const settings: { clock?: 'stepped'; host: FakeHost } = { host: fakeHost() };
const watchers = new Set<(sent: Sent) => void>();

/** Starts Node-RED without flows; a process has one, and every start leaks a little, so it serves many runs. */
const boot = async (): Promise<Runtime> => {
  const userDir = mkdtempSync(join(tmpdir(), 'pilot-plant-flow-'));
  writeFileSync(join(userDir, 'flows.json'), '[]');
  RED.init(createServer(), {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: false,
    httpNodeRoot: '/',
    runtimeSyncDelivery: true,
    pilotPlant: settings,
    // Whatever a node has to say goes to the Catch nodes; a log with nobody listening costs least.
    logging: { none: {} },
    externalModules: { autoInstall: false },
  } as object as Parameters<typeof RED.init>[1]);
  observe(watchers);
  const started = once(RED.events, 'flows:started');
  await RED.start();
  await started;
  const state = new DatabaseSync(join(userDir, 'state.sqlite'));
  // An empty file would be put aside as damaged.
  state.exec('PRAGMA journal_mode = WAL');
  return { userDir, state };
};
interface Runtime {
  readonly userDir: string;
  readonly state: DatabaseSync;
}
let booted: Promise<Runtime> | undefined;

/** Ends Node-RED: what a test file does last, so that the next one can start its own. */
export const stopRuntime = async (): Promise<void> => {
  if (!booted) return;
  const { userDir, state } = await booted;
  booted = undefined;
  RED.hooks.remove('*.flow-run');
  await RED.stop();
  state.close();
  rmSync(userDir, { recursive: true, force: true });
};

/** A full deploy; Node-RED answers before it has started the flows. */
const deploy = async (flows: Flow): Promise<void> => {
  const started = once(RED.events, 'flows:started');
  const options = { flows: { flows: [...flows] }, deploymentType: 'full' } as object;
  await RED.runtime.flows.setFlows(options as Parameters<typeof RED.runtime.flows.setFlows>[0]);
  await started;
};

/** Runs plants of `flows/` in this process, from nothing; one run at a time. */
export const runFlow = async (
  plants: readonly string[],
  { environment = {}, clocks = 'stepped', without = [], watcher }: FlowRunOptions = {},
): Promise<FlowRun> => {
  Object.assign(process.env, usual, environment);
  booted ??= boot();
  const { state } = await booted;
  if (clocks === 'stepped') settings.clock = 'stepped';
  else delete settings.clock;
  const { host } = settings;
  if (watcher) watchers.add(watcher);
  const flow = leftOver(compose(readFlowFiles(join(root, 'flows'), plants)), without).map(unconnected);
  const ready = injected(flow, watchers);
  await deploy(flow);
  await ready;
  await settle();

  const node = (path: string): Node => {
    const [id = '', ...inner] = path.split('/');
    const found = inner.reduce(inSubflow, getNode(id));
    if (!found) throw new Error(`no node ${path} runs`);
    return found;
  };
  const clock = (id: string): PlantClock => Reflect.get(node(id), 'clock') as PlantClock;
  return {
    node,
    receive: (path, msg) => {
      node(path).receive({ ...msg });
      return settle();
    },
    say: (path, msg) => {
      node(path).send({ ...msg });
      return settle();
    },
    clock,
    async step(ms) {
      const time = clock(`${plants[0]}-clock`);
      const end = time.now() + ms;
      for (let next = time.nextDue(); next <= end; next = time.nextDue()) {
        time.advance(next - time.now());
        await settle();
      }
      time.advance(end - time.now());
    },
    async elapse(ms) {
      for (let left = ms; left > 0;) {
        const next = Math.min(left, Math.max(0, host.wait()));
        host.elapse(next);
        left -= next;
        await settle();
      }
    },
    settle,
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    async stop() {
      watchers.clear();
      await deploy([]);
      // What stood in a subflow is not told that it is gone for good.
      state.exec('DELETE FROM state');
    },
  };
};
