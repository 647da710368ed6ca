import type { AlarmEvent } from '../../nodes/lib/alarms.ts';
import type { Quality } from '../../nodes/lib/signal.ts';
import type { Sample } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';

const START = Date.UTC(2000, 0, 1);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** The newest sample of the simulated plant: day 41, 09:00. */
export const NEWEST = START + 40 * DAY + 9 * HOUR;
const STEP = 60_000;

/** The temperature at a minute: a quiet wave, and one minute of 30 degC at noon of day 20. */
const SPIKE_AT = START + 19 * DAY + 12 * HOUR;
export const temperatureAt = (at: number): number =>
  at === SPIKE_AT ? 30 : Number((25 + Math.sin(at / (5 * HOUR)) + 0.3 * Math.sin(at / HOUR)).toFixed(3));

const sample = (
  name: string,
  timestamp: number,
  value: Sample['value'],
  unit: string,
  quality: Quality = 'good',
): Sample => ({
  series: `pond/1/${name}`,
  timeline: 'simulated',
  timestamp,
  value,
  quality,
  source: 'simulated',
  unit,
});

/** Of each minute of forty days: temperature and pH, a heater; the hour from 06:00 of the last day has no temperature. */
function* samples(): Generator<Sample> {
  for (let at = START; at <= NEWEST; at += STEP) {
    const gone = at >= NEWEST - 3 * HOUR && at < NEWEST - 2 * HOUR;
    if (!gone) yield sample('temperature', at, temperatureAt(at), 'Cel');
    yield sample('ph', at, Number((7 + 0.1 * Math.sin(at / DAY)).toFixed(3)), '[pH]');
    if (at % (10 * STEP) === 0) yield sample('heater', at, (at / (10 * STEP)) % 3 === 0, '');
  }
}

const event = (change: Partial<AlarmEvent>): AlarmEvent => ({
  id: 'pond/1/temperature:high',
  series: 'pond/1/temperature',
  condition: 'high',
  state: 'unacknowledged',
  previous: 'normal',
  action: 'raised',
  priority: 'high',
  value: 26.1,
  limit: 26,
  unit: 'Cel',
  since: NEWEST - 5 * HOUR,
  timeline: 'simulated',
  message: 'Pond 1 temperature is high: 26.1 °C, above 26 °C',
  at: Date.now() - 2 * HOUR,
  ...change,
});
export const journal: readonly AlarmEvent[] = [
  event({}),
  event({ action: 'acknowledged', state: 'acknowledged', at: Date.now() - 1.5 * HOUR, user: 'operator' }),
  event({
    action: 'cleared',
    state: 'normal',
    since: NEWEST - 4 * HOUR,
    at: Date.now() - HOUR,
    message: 'Pond 1 temperature is back to normal: 25.4 °C',
  }),
  event({
    id: 'pond/1/ph:low',
    series: 'pond/1/ph',
    priority: 'medium',
    message: 'Pond 1 pH is low: 6.7, below 6.8',
    at: Date.now() - 3 * DAY,
  }),
];

/** Puts forty days of a simulated pond and its journal into the database of a plant that is not running. */
export const fillHistory = async (dataDir: string): Promise<void> => {
  const backend = await openBackend('', { folder: dataDir });
  const batch: Sample[] = [];
  for (const one of samples()) {
    batch.push(one);
    if (batch.length === 20_000) await backend.history.write(batch.splice(0));
  }
  await backend.history.write(batch);
  for (const [index, body] of journal.entries())
    await backend.records.put('alarm-journal', `seed-${index}`, { ...body });
  await backend.close();
};
