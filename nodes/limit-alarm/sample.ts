import { readSignal } from '../lib/signal.ts';
import type { Timeline } from '../lib/store.ts';
import { withLimits, type LimitAlarmSettings } from './config.ts';
import { seriesOf, type Memory } from './kept.ts';
import { newUnit, type Sample, type Unit } from './unit.ts';

/** Series one node watches at most: beyond that somebody sends a new topic with every message. */
export const MAX_SERIES = 200;

/** What is known of the series of a topic; throws where there are too many already. */
export const unitFor = (
  { quantity, rules }: LimitAlarmSettings,
  { units, limits, setpoint }: Memory,
  topic: string,
  timeline: Timeline,
  now: number,
): Unit => {
  const series = seriesOf(topic, quantity);
  const known = units.get(series);
  if (known) return known;
  if (units.size >= MAX_SERIES)
    throw new Error(
      `topic: at most ${MAX_SERIES} series can be watched, got one more, ${JSON.stringify(series)}`,
    );
  return { ...newUnit(series, timeline, withLimits(rules, limits), now), setpoint };
};

/** A value as a limit sees it: true is 1. Undefined: bad or missing. */
const valueOf = (msg: Readonly<Record<string, unknown>>, quantity: string): number | undefined => {
  const { value, quality } = readSignal(msg, quantity);
  if (quality === 'bad') return undefined;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : undefined;
};

export const sampleOf = (
  { quantity, setpointQuantity }: LimitAlarmSettings,
  msg: Readonly<Record<string, unknown>>,
  timeline: Timeline,
  now: number,
): Sample => {
  const { timestamp = now, source, unit } = readSignal(msg, quantity);
  return {
    value: valueOf(msg, quantity),
    timestamp,
    unit,
    setpoint: setpointQuantity === '' ? undefined : valueOf(msg, setpointQuantity),
    timeline: source === undefined ? timeline : source === 'simulated' ? 'simulated' : 'real',
  };
};
