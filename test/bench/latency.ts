import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import mqtt from 'mqtt';
import { inTime } from './in-time.ts';
import type { BenchNode, BenchRuntime } from './runtime.ts';

const QOS = [0, 1] as const;
type Qos = (typeof QOS)[number];

/** ms from the message to its answer, through one way at one quality of service. */
export interface Latency {
  readonly way: string;
  readonly qos: Qos;
  readonly ms: number[];
}

export const LOOP = 'mqtt in, pid-controller, mqtt out';
export const ECHO = 'mqtt.js client that echoes';
const PERIOD_MS = 10;
const PER_TURN = 200;
const TURNS = 3;
const WARM_UP = 50;

/** What anonymous clients may use. */
const topics = (way: string, qos: Qos): { in: string; out: string } => ({
  in: `OLP/device/${way} ${qos}/in`,
  out: `OLP/device/${way} ${qos}/out`,
});

const loopFlow = (port: number): BenchNode[] => [
  { id: 'clock', type: 'process-clock', mode: 'scaled', speed: '1' },
  {
    id: 'broker',
    type: 'mqtt-broker',
    broker: '127.0.0.1',
    port: String(port),
    protocolVersion: '4',
    autoConnect: true,
    cleansession: true,
    keepalive: '60',
  },
  ...QOS.flatMap((qos) => {
    const { in: topic, out } = topics(LOOP, qos);
    const broker = { broker: 'broker', qos: String(qos) };
    return [
      {
        id: `in-${qos}`,
        type: 'mqtt in',
        ...broker,
        topic,
        datatype: 'auto-detect',
        inputs: 0,
        wires: [[`pid-${qos}`]],
      },
      { id: `pid-${qos}`, type: 'pid-controller', clock: 'clock', setpoint: '25', wires: [[`out-${qos}`]] },
      { id: `out-${qos}`, type: 'mqtt out', ...broker, topic: out, retain: 'false', wires: [] },
    ];
  }),
];

/** The port of the embedded broker, from the plugin as Node-RED has loaded it. */
const brokerPort = async (): Promise<number> => {
  const file = join(import.meta.dirname, '../../nodes/dist/embedded-broker/embedded-broker.js');
  const { ready } = (await import(file)) as { ready: () => Promise<{ port: number }> };
  return (await ready()).port;
};

/** One way there and back. */
interface Way extends Latency {
  /** Resolves once an answer has come: the way is open. */
  readonly open: Promise<void>;
  /** Sends 100 messages a second and waits for all answers; they come in the order of the messages. */
  readonly run: (count: number) => Promise<number[]>;
}

const wayOf = async (url: string, way: string, qos: Qos): Promise<Way> => {
  const { in: topic, out } = topics(way, qos);
  const client = await mqtt.connectAsync(url);
  const sentAt: number[] = [];
  const opened = Promise.withResolvers<void>();
  let answered = (_ms: number): void => opened.resolve();
  client.on('message', () => answered(performance.now() - (sentAt.shift() ?? NaN)));
  await client.subscribeAsync(out, { qos });
  // Retained: the answer comes as soon as the other side has subscribed.
  await client.publishAsync(topic, '25', { qos: 1, retain: true });
  return {
    way,
    qos,
    ms: [],
    open: opened.promise,
    run: async (count) => {
      const all: number[] = [];
      const complete = new Promise<void>((resolve) => {
        answered = (ms) => {
          if (all.push(ms) === count) resolve();
        };
      });
      const start = performance.now();
      for (let i = 0; i < count; i++) {
        await setTimeout(Math.max(0, start + i * PERIOD_MS - performance.now()));
        sentAt.push(performance.now());
        client.publish(topic, String(20 + (i % 100) / 10), { qos });
      }
      await complete;
      return all;
    },
  };
};

const startEcho = async (url: string, qos: Qos): Promise<void> => {
  const { in: topic, out } = topics(ECHO, qos);
  const client = await mqtt.connectAsync(url);
  client.on('message', (_topic, payload) => client.publish(out, payload, { qos }));
  await client.subscribeAsync(topic, { qos });
};

/** Both ways at both qualities of service in turn, over the embedded broker of the runtime. */
export const measureLatency = async (runtime: BenchRuntime): Promise<Latency[]> => {
  const port = await brokerPort();
  const url = `mqtt://127.0.0.1:${port}`;
  const ways: Way[] = [];
  for (const qos of QOS) for (const way of [LOOP, ECHO]) ways.push(await wayOf(url, way, qos));
  await runtime.deploy(loopFlow(port));
  for (const qos of QOS) await startEcho(url, qos);
  for (const { open, way } of ways) await inTime(open, way);
  for (const { run, way } of ways) await inTime(run(WARM_UP), way);
  for (let turn = 0; turn < TURNS; turn++)
    for (const { run, ms, way } of ways) ms.push(...(await inTime(run(PER_TURN), way)));
  return ways;
};
