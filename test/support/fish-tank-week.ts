import { HOUR } from './fish-tank.ts';
import { runFlow, stopRuntime } from './flow-run.ts';

/** What a week of the tank was like. Temperatures are true ones, in degC, after the first hours. */
export interface Week {
  readonly mode: string;
  /** process hours until the tank was in its range */
  readonly warmAfterHours: number;
  readonly lowest: number;
  readonly highest: number;
  readonly switchings: number;
  readonly messages: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}
const WARM_UP_HOURS = 3;
const WEEK_HOURS = 7 * 24;

/** Tank 1 under control for a week: the shipped flow, stepped, without its page and what it keeps in the database. */
const live = async (mode: string): Promise<Week> => {
  const run = await runFlow(['fish-tank'], {
    environment: { TANKS: '1' },
    without: ['fish-tank-page', 'fish-tank-history'],
  });
  const clock = run.clock('fish-tank-clock');
  const start = clock.now();
  await run.receive('fish-tank-control-mode-in', { topic: 'mode', payload: mode, user: 'operator' });
  let [lowest, highest, switchings, messages, warmAfterHours] = [Infinity, -Infinity, 0, 0, Infinity];
  let heater: unknown = 0;
  run.watch(({ from, port, msg }) => {
    messages++;
    if (port !== 1 || from !== 'fish-tank-1/fish-tank-unit-sim') return;
    const plant = msg['payload'] as { temperature: number; heater: number };
    const hours = (clock.now() - start) / HOUR;
    if (plant.heater !== heater) switchings++;
    heater = plant.heater;
    if (plant.temperature >= 24) warmAfterHours = Math.min(warmAfterHours, hours);
    if (hours < WARM_UP_HOURS) return;
    lowest = Math.min(lowest, plant.temperature);
    highest = Math.max(highest, plant.temperature);
  });
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await run.step(WEEK_HOURS * HOUR);
  const wallSeconds = (performance.now() - wall) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await run.stop();
  await stopRuntime();
  const cpuSeconds = (user + system) / 1e6;
  return { mode, warmAfterHours, lowest, highest, switchings, messages, wallSeconds, cpuSeconds };
};

process.stdout.write(JSON.stringify(await live(process.argv[2] ?? 'on-off')));
