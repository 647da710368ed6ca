import { setTimeout } from 'node:timers/promises';
import { presets } from '../../nodes/tank-sim/presets.ts';
import { sendHeat, advance, initialState, tankOf } from '../../nodes/tank-sim/tank.ts';
import { loadOver } from './load.ts';
import type { BenchRuntime, SinkNode } from './runtime.ts';
import { heapInUse } from './statistics.ts';

const CORE_MS = 500;
const STEPS = 10_000;
const STEP_MS = 1000;

/** Steps of a second that the pure core takes per second; the heater goes on and off every ten minutes. */
export const coreStepsPerSecond = (): number => {
  const tank = tankOf(presets['fish-tank']);
  const state = initialState(tank, 0);
  const run = (ms: number): number => {
    const start = performance.now();
    let steps = 0;
    while (performance.now() - start < ms)
      for (let i = 0; i < STEPS; i++) {
        advance(tank, state, state.timeMs + STEP_MS);
        if (++steps % 600 !== 0) continue;
        state.commands.heater = 100 - state.commands.heater;
        sendHeat(tank, state);
      }
    return (steps * 1000) / (performance.now() - start);
  };
  run(CORE_MS);
  return run(CORE_MS);
};

export const TANKS = 1000;
export const SPEED = 60;
export const PERIOD_SECONDS = 10;
const SETTLE_MS = 2000;
const WALL_MS = 10_000;

/** What many tanks cost a runtime that has nothing else to do. */
export interface TankLoad {
  /** readings that came out, as a share of those that were due */
  readonly readings: number;
  /** of one core */
  readonly cpu: number;
  readonly delayP99Ms: number;
  /** bytes, of one tank and of the whole process */
  readonly heapPerTank: number;
  readonly rss: number;
}

/** Many tanks in one runtime, each with its reading wired to one sink. */
export const measureTanks = async (runtime: BenchRuntime): Promise<TankLoad> => {
  await runtime.deploy([]);
  const empty = await heapInUse();
  const tanks = Array.from({ length: TANKS }, (_, i) => ({
    id: `tank ${i}`,
    type: 'tank-sim',
    clock: 'clock',
    outputTopic: `tank/${i}`,
    periodSeconds: PERIOD_SECONDS,
    seed: i,
    wires: [['readings'], []],
  }));
  await runtime.deploy([
    { id: 'clock', type: 'process-clock', mode: 'scaled', speed: SPEED },
    { id: 'readings', type: 'bench-sink', wires: [] },
    ...tanks,
  ]);
  const sink = runtime.node<SinkNode>('readings');
  await setTimeout(SETTLE_MS);
  const arrived = sink.arrived;
  const { seconds, cpu, delayMs } = await loadOver(WALL_MS);
  const due = (TANKS * seconds * SPEED) / PERIOD_SECONDS;
  return {
    readings: (sink.arrived - arrived) / due,
    cpu,
    delayP99Ms: delayMs.p99,
    heapPerTank: ((await heapInUse()) - empty) / TANKS,
    rss: process.memoryUsage().rss,
  };
};
