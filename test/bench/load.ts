import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

const RESOLUTION_MS = 10;

/** What the work of this process costs while nothing but time goes on. */
export interface Load {
  readonly seconds: number;
  /** of one core */
  readonly cpu: number;
  /** how much later than it could the event loop comes to a timer */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Looks at this process for so many milliseconds of wall time. */
export const loadOver = async (ms: number): Promise<Load> => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  await setTimeout(ms);
  delay.disable();
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  // The histogram holds the time between two looks.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    seconds: elapsed / 1000,
    cpu: (user + system) / (elapsed * 1000),
    delayMs: { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) },
  };
};
