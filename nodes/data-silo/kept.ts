import { isRecord, type Quality, type Scalar, type Source } from '../lib/signal.ts';
import type { Good, Memory } from './silo.ts';

const qualities: readonly Quality[] = ['good', 'uncertain', 'bad'];
const sources: readonly Source[] = ['measured', 'simulated', 'manual'];
type Row = readonly [
  key: string,
  value: Scalar,
  quality: Quality,
  timestamp: number,
  unit: string | null,
  source: Source | null,
  lastGood: Good | null,
];
/** The memory as it outlives a restart. */
export type Saved = readonly (readonly [client: string, rows: readonly Row[]])[];

const isScalar = (value: unknown): boolean =>
  value === null || ['number', 'boolean', 'string'].includes(typeof value);
const isRow = (row: unknown): row is Row => {
  if (!Array.isArray(row)) return false;
  const [key, value, quality, timestamp, unit, source, lastGood] = row as readonly unknown[];
  return (
    typeof key === 'string' &&
    isScalar(value) &&
    qualities.some((known) => known === quality) &&
    Number.isFinite(timestamp) &&
    (unit === null || typeof unit === 'string') &&
    (source === null || sources.some((known) => known === source)) &&
    (lastGood === null ||
      (isRecord(lastGood) && isScalar(lastGood['value']) && Number.isFinite(lastGood['timestamp'])))
  );
};
export const isSaved = (state: unknown): state is Saved =>
  Array.isArray(state) &&
  state.every(
    (entry: unknown) =>
      Array.isArray(entry) &&
      typeof entry[0] === 'string' &&
      Array.isArray(entry[1]) &&
      entry[1].length > 0 &&
      entry[1].every(isRow),
  );

export const keep = (memory: Memory): Saved =>
  [...memory].map(([client, readings]) => [
    client,
    [...readings].map(([key, { value, quality, timestamp, unit, source, lastGood }]): Row => [
      key,
      value,
      quality,
      timestamp,
      unit ?? null,
      source ?? null,
      lastGood ?? null,
    ]),
  ]);

/** The memory a node begins with. A time ahead of the clock, which may be another one now, would shut out all that comes. */
export const restore = (saved: Saved | undefined, now: number): Memory =>
  new Map(
    (saved ?? []).map(([client, rows]) => [
      client,
      new Map(
        rows.map(([key, value, quality, timestamp, unit, source, lastGood]) => [
          key,
          {
            value,
            quality,
            timestamp: Math.min(timestamp, now),
            unit: unit ?? undefined,
            source: source ?? undefined,
            lastGood: lastGood ?? undefined,
          },
        ]),
      ),
    ]),
  );
