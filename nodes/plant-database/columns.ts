import type { Sample, Timeline } from '../lib/store.ts';
import type { Source } from '../lib/signal.ts';
import { BAD, NAME_MAX, qualities, SHORT_MAX, TEXT_MAX } from './schema.ts';

export interface SeriesKey {
  readonly name: string;
  readonly timeline: Timeline;
}
export interface Origin {
  readonly source: Source;
  readonly unit: string;
}

/**
 * Samples as columns: what a worker is sent without a copy, and what a server takes in one statement. Series and
 * origins are named by their place in lists that grow; a batch brings what is new in them.
 */
export interface Batch {
  readonly newSeries: readonly SeriesKey[];
  readonly newOrigins: readonly Origin[];
  readonly series: Int32Array<ArrayBuffer>;
  readonly origins: Int32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  /** NaN: no number */
  readonly values: Float64Array<ArrayBuffer>;
  readonly qualities: Uint8Array<ArrayBuffer>;
  /** undefined where there is none in the batch */
  readonly texts: readonly (string | null)[] | undefined;
}

/** Gives every key a place in a list, and remembers those that nobody has been told yet. */
const createPlaces = <T>() => {
  const places = new Map<string, number>();
  let fresh: T[] = [];
  return {
    of(key: string, value: () => T): number {
      const known = places.get(key);
      if (known !== undefined) return known;
      const place = places.size;
      places.set(key, place);
      fresh.push(value());
      return place;
    },
    takeFresh(): readonly T[] {
      const taken = fresh;
      fresh = [];
      return taken;
    },
  };
};

/** What every database takes: no NUL, no half of a character, not too long, no blanks around a name. */
const cleanText = (text: string, max: number): string =>
  text.replaceAll('\0', '\uFFFD').slice(0, max).toWellFormed();
const cleanName = (text: string, max: number): string => cleanText(text, max).trim();

/**
 * Turns samples into columns. Nothing in a sample makes a batch fail, since it would fail for ever: a time is rounded to
 * ms, a text that no database would take is cut, a number that is not finite is none.
 */
export const createEncoder = (): ((samples: readonly Sample[]) => Batch) => {
  const series = createPlaces<SeriesKey>();
  const origins = createPlaces<Origin>();
  return (samples) => {
    const count = samples.length;
    const batch = {
      series: new Int32Array(count),
      origins: new Int32Array(count),
      times: new Float64Array(count),
      values: new Float64Array(count),
      qualities: new Uint8Array(count),
    };
    let texts: (string | null)[] | undefined;
    for (const [
      row,
      { series: name, timeline, timestamp, value, quality, source, unit },
    ] of samples.entries()) {
      batch.series[row] = series.of(`${timeline} ${name}`, () => ({
        name: cleanName(name, NAME_MAX),
        timeline,
      }));
      batch.origins[row] = origins.of(`${source} ${unit}`, () => ({
        source,
        unit: cleanName(unit, SHORT_MAX),
      }));
      batch.times[row] = Math.round(timestamp);
      batch.qualities[row] = qualities.indexOf(quality);
      batch.values[row] = NaN;
      if (typeof value === 'number') {
        batch.values[row] = Number.isFinite(value) ? value + 0 : NaN; // of zeros there is one only
        if (!Number.isFinite(value)) batch.qualities[row] = BAD;
      } else if (value !== null) {
        texts ??= Array.from({ length: count }, () => null);
        texts[row] = cleanText(String(value), TEXT_MAX);
        if (typeof value === 'boolean') batch.values[row] = value ? 1 : 0;
      }
    }
    return { ...batch, texts, newSeries: series.takeFresh(), newOrigins: origins.takeFresh() };
  };
};

/** Of a batch: what must not be sent, but handed over. */
export const buffersOf = ({ series, origins, times, values, qualities: ranks }: Batch): ArrayBuffer[] =>
  [series, origins, times, values, ranks].map(({ buffer }) => buffer);
