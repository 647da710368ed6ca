import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inTime } from './in-time.ts';
import { SHIPPED } from './reactor-flow.ts';
import { startReactors } from './reactor-plant.ts';
import type { Figures } from './reactor-probe.ts';
import { printTable, type Target } from './report.ts';

const REACTORS = 50;
/** As shipped: how often the boards speak, and how often a batch is measured. */
const SENSOR_SECONDS = 2;
const QUANTITIES = 3;
const MEASURE_SECONDS = 5;
/** What the start of the batches has left to do is done then. */
const SETTLE_MS = 3000;
/** Whole periods of both: simulated boards all speak at the same time. */
const WALL_MS = 20_000;
const MIB = 1024 * 1024;

/** What a plant costs in which a batch runs in every reactor. */
interface ReactorLoad extends Figures {
  readonly reactors: number;
  /** what came to the history, and what of the batches is stored, as shares of what was due */
  readonly readingsInTime: number;
  readonly storedInTime: number;
}

const PROBE = join(import.meta.dirname, 'reactor-probe.ts');

/** What the probe in the plant says of it. */
const figuresOf = async (folder: string, reactors: number): Promise<Figures> => {
  const plant = await startReactors(folder, reactors, PROBE);
  try {
    await setTimeout(SETTLE_MS);
    plant.child.send({ ms: WALL_MS });
    const [figures] = (await inTime(once(plant.child, 'message'), `${reactors} reactors`)) as [Figures];
    return figures;
  } finally {
    await plant.stop();
  }
};

const measure = async (reactors: number): Promise<ReactorLoad> => {
  const folder = mkdtempSync(join(tmpdir(), 'pilot-plant-bench-'));
  try {
    const figures = await figuresOf(folder, reactors);
    const { seconds, readings, stored } = figures;
    return {
      ...figures,
      reactors,
      readingsInTime: (readings * SENSOR_SECONDS) / (reactors * QUANTITIES * seconds),
      storedInTime: (stored * MEASURE_SECONDS) / (reactors * seconds),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface ReactorLoads {
  /** the flow as it is shipped */
  readonly shipped: ReactorLoad;
  readonly many: ReactorLoad;
}
/** One plant after the other, each in a process of its own. */
export const measureReactors = async (): Promise<ReactorLoads> => ({
  shipped: await measure(SHIPPED),
  many: await measure(REACTORS),
});

/** What one more reactor adds to a figure. */
const added = ({ shipped, many }: ReactorLoads, figure: (load: ReactorLoad) => number): number =>
  (figure(many) - figure(shipped)) / (many.reactors - shipped.reactors);

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
const perSecond =
  (figure: 'messages' | 'published') =>
  (load: ReactorLoad): number =>
    load[figure] / load.seconds;

export const printReactors = (loads: ReactorLoads): void => {
  const columns: readonly (readonly [string, (load: ReactorLoad) => number, (value: number) => string])[] = [
    ['messages a second', perSecond('messages'), (value) => value.toFixed(0)],
    ['MQTT', perSecond('published'), (value) => value.toFixed(1)],
    ['CPU of one core', ({ cpu }) => cpu, percent],
    ['heap', ({ heap }) => heap, mib],
    ['whole process', ({ rss }) => rss, mib],
  ];
  const cells = (of: (figure: (load: ReactorLoad) => number) => number): string[] =>
    columns.map(([, figure, shown]) => shown(of(figure)));
  const both = [loads.shipped, loads.many];
  printTable(
    `Bioreactors on one runtime, a batch in each, readings every ${SENSOR_SECONDS} s`,
    ['', ...columns.map(([head]) => head)],
    [
      ...both.map((load) => [`${load.reactors} reactors`, ...cells((figure) => figure(load))] as const),
      ['each one more', ...cells((figure) => added(loads, figure))],
    ],
  );
  printTable(
    'The same: what was due, and the delay of the event loop',
    ['', 'readings in time', 'stored by MQTT in time', 'p50', 'p99', 'max'],
    both.map(({ reactors, readingsInTime, storedInTime, delayMs: { p50, p99, max } }) => [
      `${reactors} reactors`,
      percent(readingsInTime),
      percent(storedInTime),
      ...[p50, p99, max].map((ms) => `${ms.toFixed(1)} ms`),
    ]),
  );
};

/** What fifty have to keep. Nothing that is due may be left over: one in a hundred is on its way when the look ends. */
export const reactorTargets = (loads: ReactorLoads): Target[] => {
  const { reactors, readingsInTime, storedInTime, delayMs, cpu } = loads.many;
  const target = (what: string, value: number, limit: Pick<Target, 'atLeast' | 'atMost'>, unit: string) => ({
    what: `${reactors} reactors, ${what}`,
    value,
    ...limit,
    unit,
  });
  return [
    target('readings in time', readingsInTime * 100, { atLeast: 99 }, '%'),
    target('measurements of batches stored in time', storedInTime * 100, { atLeast: 99 }, '%'),
    // Buttons count a contact as settled after 25 ms.
    target('event loop delay p99', delayMs.p99, { atMost: 20 }, 'ms'),
    // The other half is for pages, reports and backups.
    target('CPU', cpu * 100, { atMost: 50 }, '% of one core'),
    // A fifth of the smallest Raspberry Pi, 1 GiB, for 50 of them.
    target('heap of each', added(loads, ({ heap }) => heap) / MIB, { atMost: 4 }, 'MiB'),
  ];
};
