/** `npm run bench`: what the palette costs, in one run beside named peers. It only measures: it always exits with 0. */
import { cpus, loadavg } from 'node:os';
import { sendAtOnce } from '../../runtime/send-at-once.ts';
import { LOOP, measureLatency, type Latency } from './latency.ts';
import { FUNCTION, measureMessages, MESSAGES, NO_OP, OURS, PID, RUNS, type Cost } from './messages.ts';
import { printTable, printTargets } from './report.ts';
import { startRuntime } from './runtime.ts';
import { median, quantile } from './statistics.ts';
import { coreStepsPerSecond, measureTanks, PERIOD_SECONDS, SPEED, TANKS, type Load } from './tanks.ts';

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

const printLoad = ({ readings, cpu, delayP99Ms, heapPerTank, rss }: Load): void =>
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
console.log(`\nLoad ${load()} after`);

const pid = costOf(costs, PID);
const ours = costs.filter(({ name }) => OURS.includes(name));
const loop = latencies.find(({ way, qos }) => way === LOOP && qos === 1);
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
]);
await runtime.stop();
process.exit(0);
