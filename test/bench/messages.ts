import type { Node, NodeMessage } from 'node-red';
import { functionPid, loop } from './function-pid.ts';
import { inTime } from './in-time.ts';
import type { BenchNode, BenchRuntime, SinkNode } from './runtime.ts';
import { heapInUse } from './statistics.ts';

export const RUNS = 5;
export const MESSAGES = 200_000;
const WARM_UP = 50_000;
/** A run goes in slices, and the candidates take turns, so that what else the machine does meets them alike. */
const SLICES = 20;
/** Few enough that they wait in the cache, enough that the turns of the event loop do not count. */
const BATCH = 100;

type Message = NodeMessage & Record<string, unknown>;

/** Something a message can go through: one wire into a sink, or a node and a wire into a sink. */
interface Candidate {
  readonly name: string;
  readonly node: Readonly<Record<string, unknown>> & { readonly type: string };
  /** the message with this number */
  readonly message: (index: number) => Message;
}

/** What one candidate has cost. */
export interface Cost {
  readonly name: string;
  /** of each run, per message */
  readonly microseconds: readonly number[];
  /** in use after a run and not before it, bytes */
  readonly heapGrowth: number;
}

const START = Date.UTC(2000, 0, 1);

/** A temperature once a second that swings about the setpoint, so that both limits of a controller are met. */
const measurement = (index: number): Message => ({
  _msgid: 'bench',
  topic: 'tank/temperature',
  payload: 25 + 5 * Math.sin(index / 300),
  timestamp: START + index * 1000,
  quality: 'good',
  unit: 'Cel',
  source: 'simulated',
});
/** A command that is never the same as the last one, in %. */
const command =
  (topic: string) =>
  (index: number): Message => ({ _msgid: 'bench', topic, payload: 1 + (index % 100) });

const clock = { id: 'clock', type: 'process-clock', mode: 'scaled', speed: '1' };
const range = { action: 'scale', minin: 0, maxin: 50, minout: 0, maxout: 100, property: 'payload' };

export const NO_OP = 'no-op node';
export const FUNCTION = 'function node, the same PID';
export const PID = 'pid-controller';
/** The nodes of the palette among the candidates. */
export const OURS: readonly string[] = [PID, 'on-off-controller', 'safe-output', 'tank-sim'];
const candidates: readonly Candidate[] = [
  { name: 'bare wire', node: { type: 'bench-source' }, message: measurement },
  { name: NO_OP, node: { type: 'bench-no-op' }, message: measurement },
  { name: 'range', node: { type: 'range', ...range }, message: measurement },
  { name: FUNCTION, node: { type: 'function', func: functionPid, outputs: 1 }, message: measurement },
  { name: PID, node: { type: 'pid-controller', outputTopic: 'heater', ...loop }, message: measurement },
  {
    name: 'on-off-controller',
    node: { type: 'on-off-controller', outputTopic: 'heater' },
    message: measurement,
  },
  {
    name: 'safe-output',
    node: { type: 'safe-output', outputTopic: 'heater', holdOffSeconds: 0, minOffSeconds: 0, gapSeconds: 0 },
    message: command('wanted'),
  },
  // The plant record on the second output answers every change of an actuator; no reading comes between.
  {
    name: 'tank-sim',
    node: { type: 'tank-sim', outputTopic: 'tank', periodSeconds: 3600 },
    message: command('light'),
  },
];

/** A candidate in the runtime, and how many messages it has had. */
interface Line {
  readonly name: string;
  /** Sends so many messages through; how long it took until the last one arrived, ms. */
  run(count: number): Promise<number>;
  /** the payload that arrived last */
  last(): unknown;
}

const lineOf = (runtime: BenchRuntime, { name, node, message }: Candidate): Line => {
  const entrance = runtime.node(`${name} in`);
  const sink = runtime.node<SinkNode>(`${name} out`);
  const give = node.type === 'bench-source' ? sendFrom(entrance) : receiveBy(entrance);
  let index = 0;
  let last: NodeMessage = {};
  const run = async (count: number): Promise<number> => {
    // What another candidate has left behind is not ours to clean up.
    globalThis.gc?.({ type: 'minor' });
    const start = performance.now();
    for (let given = 0; given < count; given += BATCH) {
      const arrival = sink.expect(BATCH);
      for (let i = 0; i < BATCH; i++) give(message(index++));
      last = await arrival;
    }
    return performance.now() - start;
  };
  return { name, run: (count) => inTime(run(count), name), last: () => last.payload };
};
const sendFrom =
  (node: Node) =>
  (msg: Message): void =>
    node.send(msg);
const receiveBy =
  (node: Node) =>
  (msg: Message): void =>
    node.receive(msg);

const flow = (): BenchNode[] =>
  candidates.flatMap(({ name, node }) => {
    const wire = [`${name} out`];
    // Whatever output a message leaves by, it arrives.
    const wires = node.type === 'tank-sim' ? [[], wire] : [wire];
    return [
      { id: `${name} in`, clock: 'clock', ...node, wires },
      { id: `${name} out`, type: 'bench-sink', wires: [] },
    ];
  });

/** Both PIDs have seen the same measurements, so both must want the same. */
const assertSamePid = (lines: readonly Line[]): void => {
  const [ours, theirs] = [PID, FUNCTION].map((name) =>
    Number(lines.find((line) => line.name === name)?.last()),
  );
  if (!(Math.abs((ours ?? NaN) - (theirs ?? NaN)) < 1e-6))
    throw new Error(`the PIDs differ: ${ours} % from ${PID}, ${theirs} % from ${FUNCTION}`);
};

/** Runs all candidates side by side, then each once more alone, to see what it leaves in memory. */
export const measureMessages = async (runtime: BenchRuntime): Promise<Cost[]> => {
  await runtime.deploy([clock, ...flow()]);
  const lines = candidates.map((candidate) => lineOf(runtime, candidate));
  for (const line of lines) await line.run(WARM_UP);
  const runs: number[][] = [];
  for (let run = 0; run < RUNS; run++) {
    const ms = lines.map(() => 0);
    for (let slice = 0; slice < SLICES; slice++)
      for (const [index, line] of lines.entries())
        ms[index] = (ms[index] ?? 0) + (await line.run(MESSAGES / SLICES));
    runs.push(ms);
  }
  const costs: Cost[] = [];
  for (const [index, line] of lines.entries()) {
    const before = await heapInUse();
    await line.run(MESSAGES);
    costs.push({
      name: line.name,
      microseconds: runs.map((ms) => ((ms[index] ?? NaN) * 1000) / MESSAGES),
      heapGrowth: (await heapInUse()) - before,
    });
  }
  assertSamePid(lines);
  return costs;
};
