/** `npm run bench`: what the palette costs, in one run beside named peers. It only measures: it always exits with 0. */
import { cpus, loadavg } from 'node:os';
import { sendAtOnce } from '../../runtime/send-at-once.ts';
import { LOOP, measureLatency, type Latency } from './latency.ts';
import * as history from './history.ts';
import { FUNCTION, measureMessages, MESSAGES, NO_OP, OURS, PID, RUNS, type Cost } from './messages.ts';
import { measureReactors, printReactors, reactorTargets } from './reactors.ts';
import { printTable, printTargets } from './report.ts';
import { startRuntime } from './runtime.ts';
import { median, quantile } from './statistics.ts';
import { coreStepsPerSecond, measureTanks, PERIOD_SECONDS, SPEED, TANKS, type TankLoad } from './tanks.ts';

const KIB = 1024;
const MIB = KIB * KIB;

const printCosts = (costs: readonly Cost[]): void =>
  printTable(
    `Microseconds per message, ${RUNS} runs of ${MESSAGES} messages each`,
    ['', 'median', 'min', 'max', '× no-op', 'heap growth, KiB'],
    costs.map(({ name, microseconds, heapGrowth }) => [
      name,
      median(microseconds).toFixed(2),
      Math.min(...microseconds).toFixed(2),
      Math.max(...microseconds).toFixed(2),
      (median(microseconds) / costOf(costs, NO_OP)).toFixed(2),
      (heapGrowth / KIB).toFixed(1),
    ]),
  );
const costOf = (costs: readonly Cost[], name: string): number =>
  median(costs.find((cost) => cost.name === name)?.microseconds ?? []);

const printLatencies = (latencies: readonly Latency[]): void =>
  printTable(
    'Milliseconds there and back over the embedded broker, 100 messages a second',
    ['', 'QoS', 'p50', 'p99', 'max', 'messages'],
    latencies.map(({ way, qos, ms }) => [
      way,
      String(qos),
      median(ms).toFixed(2),
      quantile(ms, 0.99).toFixed(2),
      Math.max(...ms).toFixed(2),
      String(ms.length),
    ]),
  );

const printLoad = ({ readings, cpu, delayP99Ms, heapPerTank, rss }: TankLoad): void =>
  printTable(
    `${TANKS} tank-sim nodes at ${SPEED}x, a reading every ${PERIOD_SECONDS} s of process time`,
    ['readings in time', 'CPU of one core', 'event loop delay p99', 'heap per tank', 'whole process'],
    [
      [
        `${(readings * 100).toFixed(1)} %`,
        `${(cpu * 100).toFixed(1)} %`,
        `${delayP99Ms.toFixed(1)} ms`,
        `${(heapPerTank / KIB).toFixed(1)} KiB`,
        `${(rss / MIB).toFixed(0)} MiB`,
      ],
    ],
  );

const printHistory = ({ rates, readings }: history.HistoryLoad): void => {
  printTable(
    'Samples stored in a second, in one SQLite file; the longest the event loop stood still',
    ['', 'rows per second', `× one insert per message`, '× bare', 'stall', 'rows'],
    rates.map(({ name, rows, rowsPerSecond, stallMs }) => [
      name,
      rowsPerSecond.toFixed(0),
      (rowsPerSecond / rateOf(rates, history.PEER)).toFixed(1),
      (rowsPerSecond / rateOf(rates, history.RAW)).toFixed(2),
      `${stallMs.toFixed(0)} ms`,
      String(rows),
    ]),
  );
  printTable(
    'Reading them',
    ['', 'median', 'stall'],
    readings.map(({ name, ms, stallMs }) => [name, `${ms.toFixed(1)} ms`, `${stallMs.toFixed(1)} ms`]),
  );
};
const rateOf = (rates: readonly history.Rate[], name: string): number =>
  rates.find((rate) => rate.name === name)?.rowsPerSecond ?? NaN;
const readingOf = (readings: readonly history.Reading[], name: string): history.Reading =>
  readings.find((reading) => reading.name === name) ?? { name, ms: NaN, stallMs: NaN };

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');

sendAtOnce();
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${load()} before`);
const runtime = await startRuntime({ pilotPlant: { broker: { port: 0 } } });
const costs = await measureMessages(runtime);
printCosts(costs);
const steps = coreStepsPerSecond();
printTable('The pure core of tank-sim', ['', 'steps per second'], [['steps of 1 s', steps.toFixed(0)]]);
const latencies = await measureLatency(runtime);
printLatencies(latencies);
printLoad(await measureTanks(runtime));
const stored = await history.measureHistory(runtime);
printHistory(stored);
const reactors = await measureReactors();
printReactors(reactors);
console.log(`\nLoad ${load()} after`);

const pid = costOf(costs, PID);
const ours = costs.filter(({ name }) => OURS.includes(name));
const loop = latencies.find(({ way, qos }) => way === LOOP && qos === 1);
const read = readingOf(stored.readings, history.OURS_READ);
printTargets([
  {
    what: 'pid-controller to the no-op node',
    value: pid / costOf(costs, NO_OP),
    atMost: 1.75,
    unit: 'times',
  },
  {
    what: 'pid-controller to the function node',
    value: pid / costOf(costs, FUNCTION),
    atMost: 0.25,
    unit: 'times',
  },
  {
    what: 'heap growth, the worst of our nodes',
    value: Math.max(...ours.map(({ heapGrowth }) => heapGrowth)) / MESSAGES,
    // A run leaves some KiB whatever its length; one reference kept per message would be eight bytes.
    atMost: 0.5,
    unit: 'bytes per message',
  },
  { what: 'MQTT loop at QoS 1, p50', value: median(loop?.ms ?? []), atMost: 3, unit: 'ms' },
  {
    what: 'arrays of samples to one insert per message',
    value: rateOf(stored.rates, history.ARRAYS) / rateOf(stored.rates, history.PEER),
    atLeast: 50,
    unit: 'times',
  },
  {
    what: 'records of samples to one insert per message',
    value: rateOf(stored.rates, history.RECORDS) / rateOf(stored.rates, history.PEER),
    atLeast: 50,
    unit: 'times',
  },
  {
    what: 'arrays of samples to bare node:sqlite',
    value: rateOf(stored.rates, history.ARRAYS) / rateOf(stored.rates, history.RAW),
    atLeast: 1 / 3,
    unit: 'times',
  },
  { what: '30 days of 1 Hz at 1000 points', value: read.ms, atMost: 30, unit: 'ms' },
  {
    what: 'the same by SQL over what was measured',
    value: readingOf(stored.readings, history.RAW_READ).ms / read.ms,
    atLeast: 30,
    unit: 'times slower',
  },
  { what: 'longest stall of the event loop while reading', value: read.stallMs, atMost: 20, unit: 'ms' },
  ...reactorTargets(reactors),
]);
await runtime.stop();
process.exit(0);
