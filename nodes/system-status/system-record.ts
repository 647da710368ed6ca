import { usedPercent, type Space } from '../lib/disk.ts';
import type { Report } from '../lib/health.ts';

/** What was read of the process and its machine in one period. */
export interface Reading {
  /** delays of the event loop in ms */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** ms of processor time, and of wall time, in the period */
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly heapTotal: number };
  /** of the data folder; undefined where there is none, or it cannot be looked at */
  readonly disk: Space | undefined;
  readonly uptimeSeconds: number;
}
export interface SystemRecord {
  readonly payload: Readonly<Record<string, number | string | boolean | null>>;
  readonly units: Readonly<Record<string, string>>;
  /** one line each, with the part in front */
  readonly troubles: readonly string[];
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/**
 * The record of one period: quantities with their units, and the facts of every part of the plant as `part/fact`. It is
 * flat, so that it can be stored and charted like any other record.
 */
export const recordOf = (reading: Reading, parts: Readonly<Record<string, Report>>): SystemRecord => {
  const { delay, memory, disk } = reading;
  const quantities: [name: string, value: number, unit: string][] = [
    ['delayP50', rounded(delay.p50, 2), 'ms'],
    ['delayP99', rounded(delay.p99, 2), 'ms'],
    ['delayMax', rounded(delay.max, 2), 'ms'],
    ['cpu', reading.elapsedMs > 0 ? rounded((100 * reading.cpuMs) / reading.elapsedMs, 1) : 0, '%'],
    ['rss', memory.rss, 'By'],
    ['heapUsed', memory.heapUsed, 'By'],
    ['heapTotal', memory.heapTotal, 'By'],
    ['uptime', Math.floor(reading.uptimeSeconds), 's'],
  ];
  if (disk)
    quantities.push(
      ['diskUsed', rounded(usedPercent(disk), 1), '%'],
      ['diskFree', disk.freeBytes, 'By'],
      ['diskTotal', disk.totalBytes, 'By'],
    );
  const facts = Object.entries(parts).flatMap(([part, report]) =>
    Object.entries(report.facts).map(([fact, value]) => [`${part}/${fact}`, value] as const),
  );
  const troubles = Object.entries(parts).flatMap(([part, report]) =>
    report.troubles.map((trouble) => `${part}: ${trouble}`),
  );
  return {
    payload: {
      ...Object.fromEntries(quantities.map(([name, value]) => [name, value])),
      troubles: troubles.length,
      ...Object.fromEntries(facts),
    },
    units: Object.fromEntries(quantities.map(([name, , unit]) => [name, unit])),
    troubles,
  };
};
