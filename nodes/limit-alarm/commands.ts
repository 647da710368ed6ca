import { shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { inOrder, limitsOf, withLimits, type LimitAlarmSettings } from './config.ts';
import type { Memory } from './kept.ts';
import type { Unit } from './unit.ts';

const words = ['setpoint', 'limits'] as const;
type Word = (typeof words)[number];

/** The settings a topic changes, or undefined where it changes none. */
export const settingOf = (topic: unknown): Word | undefined => words.find((word) => word === topic);

/** The series a command names, which has to be known; undefined: all. */
const seriesNamed = (memory: Memory, series: unknown): string | undefined => {
  if (series === undefined || series === '') return undefined;
  if (typeof series === 'string' && memory.units.has(series)) return series;
  throw new Error(`series: must be one that has been seen, got ${shown(series)}`);
};

/**
 * The memory after a `setpoint` (a number, null: none) or `limits` (an object by condition, null: those of the form),
 * for the series that `msg.series` names or for all. Throws naming the property; then nothing changes.
 */
export const change = (
  settings: LimitAlarmSettings,
  memory: Memory,
  word: Word,
  msg: Readonly<Record<string, unknown>>,
): Memory => {
  const { payload } = msg;
  const only = seriesNamed(memory, msg['series']);
  const everyUnit = (next: (unit: Unit) => Unit): Memory['units'] =>
    new Map(
      [...memory.units].map(([series, unit]) => [
        series,
        only === undefined || only === series ? next(unit) : unit,
      ]),
    );
  if (word === 'setpoint') {
    if (payload !== null && !(typeof payload === 'number' && Number.isFinite(payload)))
      throw new Error(`payload: must be a finite number or null, got ${shown(payload)}`);
    const setpoint = payload ?? undefined;
    return {
      ...memory,
      ...(only === undefined && { setpoint }),
      units: everyUnit((unit) => ({ ...unit, setpoint })),
    };
  }
  if (payload !== null && !isRecord(payload))
    throw new Error(`payload: must be an object of limits or null, got ${shown(payload)}`);
  const given = payload === null ? {} : limitsOf(payload);
  const limits =
    only === undefined ? (payload === null ? {} : { ...memory.limits, ...given }) : memory.limits;
  const base = inOrder(withLimits(settings.rules, limits), 'payload');
  return {
    ...memory,
    limits,
    units: everyUnit((unit) => {
      // What is said of all series holds for each of them, also where it had limits of its own.
      const own = only === undefined || payload === null ? {} : { ...unit.limits, ...given };
      return { ...unit, limits: own, rules: inOrder(withLimits(base, own), 'payload') };
    }),
  };
};
