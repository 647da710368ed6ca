import { matchTopic } from '../../nodes/signal-input/signal-map.ts';
import type {
  Database,
  HistoryStore,
  Range,
  RawRows,
  Rows,
  Sample,
  SeriesInfo,
  Timeline,
} from '../../nodes/lib/store.ts';

interface Kept {
  readonly info: SeriesInfo;
  samples: Sample[];
}

const kindOf = ({ value }: Sample): SeriesInfo['kind'] =>
  typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'boolean' : 'number';
const columns = (samples: readonly Sample[]): RawRows => ({
  level: 'raw',
  timestamps: samples.map(({ timestamp }) => timestamp),
  values: samples.map(({ value }) => value),
  qualities: samples.map(({ quality }) => quality),
});
const numbersOf = (samples: readonly Sample[]): number[] =>
  samples.flatMap(({ value }) =>
    typeof value === 'number' || typeof value === 'boolean' ? [Number(value)] : [],
  );
const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Buckets of one size that starts at its multiples, as few as are asked for. */
const bucketed = (samples: readonly Sample[], { from, to }: Range, points: number): Rows => {
  let bucketMs = 1;
  while (Math.floor((to - 1) / bucketMs) - Math.floor(from / bucketMs) + 1 > points) bucketMs *= 2;
  const buckets = new Map<number, Sample[]>();
  for (const sample of samples) {
    const start = Math.floor(sample.timestamp / bucketMs) * bucketMs;
    buckets.set(start, [...(buckets.get(start) ?? []), sample]);
  }
  const full = [...buckets]
    .map(([start, inside]) => ({ start, numbers: numbersOf(inside) }))
    .filter(({ numbers }) => numbers.length > 0);
  return {
    level: 'raw',
    bucketMs,
    timestamps: full.map(({ start }) => start),
    min: full.map(({ numbers }) => Math.min(...numbers)),
    mean: full.map(({ numbers }) => mean(numbers)),
    max: full.map(({ numbers }) => Math.max(...numbers)),
    count: full.map(({ numbers }) => numbers.length),
  };
};

/** A history in memory, which does what the interface says and nothing fast: for tests of what reads it. */
export const memoryHistory = (): HistoryStore => {
  const kept = new Map<string, Kept>();
  const inRange = ({ name, timeline }: SeriesInfo, { from, to }: Range): Sample[] =>
    (kept.get(`${timeline} ${name}`)?.samples ?? []).filter(
      ({ timestamp }) => timestamp >= from && timestamp < to,
    );
  const infoOf = ({ info, samples }: Kept): SeriesInfo => ({
    ...info,
    first: samples[0]?.timestamp ?? NaN,
    last: samples.at(-1)?.timestamp ?? NaN,
  });
  const at = (sample: Sample | undefined): { timestamp: number; value: Sample['value'] } | null =>
    sample ? { timestamp: sample.timestamp, value: sample.value } : null;
  return {
    write: async (samples) => {
      let stored = 0;
      for (const sample of samples) {
        const key = `${sample.timeline} ${sample.series}`;
        const { series: name, timeline, unit, source } = sample;
        const info = { id: kept.size, name, timeline, kind: kindOf(sample), unit, source, first: 0, last: 0 };
        const one = kept.get(key) ?? { info, samples: [] };
        kept.set(key, one);
        if (one.samples.some(({ timestamp }) => timestamp === sample.timestamp)) continue;
        one.samples.push(sample);
        one.samples.sort((a, b) => a.timestamp - b.timestamp);
        stored++;
      }
      return { stored, duplicates: samples.length - stored };
    },
    series: async (patterns: readonly string[], timeline?: Timeline) =>
      [...kept.values()]
        .filter(({ info }) => timeline === undefined || info.timeline === timeline)
        .filter(({ info }) => patterns.some((pattern) => matchTopic(pattern, info.name)))
        .map(infoOf)
        .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))),
    read: async (series, range, points) => {
      const samples = inRange(series, range);
      if (samples.length <= points) return columns(samples);
      return series.kind === 'text' ? columns(samples.slice(-points)) : bucketed(samples, range, points);
    },
    raw: async (series, range, limit) => columns(inRange(series, range).slice(0, limit)),
    last: async (series, until = Infinity) => inRange(series, { from: -Infinity, to: until + 1 }).at(-1),
    statistics: async (series, range) => {
      const samples = inRange(series, range);
      const numbers = numbersOf(samples);
      const some = numbers.length > 0;
      return {
        count: numbers.length,
        min: some ? Math.min(...numbers) : null,
        mean: some ? mean(numbers) : null,
        max: some ? Math.max(...numbers) : null,
        first: at(samples[0]),
        last: at(samples.at(-1)),
      };
    },
    retain: () => Promise.reject(new Error('memory: nothing is pruned here')),
    prune: () => Promise.reject(new Error('memory: nothing is pruned here')),
  };
};

/** A database that has nothing but a history; what else is asked of it is refused. */
export const memoryDatabase = (history: HistoryStore): Database => {
  const refused = (): Promise<never> => Promise.reject(new Error('memory: there are no records here'));
  return {
    name: 'memory',
    history,
    records: {
      put: refused,
      get: refused,
      list: refused,
      update: refused,
      reserve: refused,
      remove: refused,
    },
    write: async (samples) => void (await history.write(samples)),
    facts: () => ({
      kind: 'memory',
      connected: true,
      bytes: undefined,
      commitMs: 0,
      rows: 0,
      waiting: 0,
      outbox: { rows: 0, bytes: 0, maxBytes: 0, dropped: 0 },
    }),
  };
};
