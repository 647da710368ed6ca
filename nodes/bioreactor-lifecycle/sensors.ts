/** What is known of the sensors of a reactor. Times are ms of process time. */
export interface Sensor {
  /** when the newest measurement was made */
  readonly at: number;
  readonly good: boolean;
  /** when the newest good one was made; -Infinity: there was none */
  readonly goodAt: number;
}
export type Sensors = Readonly<Record<string, Sensor>>;
export type SensorWord = 'good' | 'bad' | 'stale' | 'none';
export type Words = Readonly<Record<string, SensorWord>>;

/** One measurement of one quantity. */
export interface Measured {
  readonly quantity: string;
  readonly good: boolean;
  readonly at: number;
}

/** Takes some measurements; one that is older than the last tells what was, and is left out. */
export const measured = (sensors: Sensors, news: readonly Measured[]): Sensors => {
  const next: Record<string, Sensor> = { ...sensors };
  for (const { quantity, good, at } of news) {
    const before = sensors[quantity];
    if (before && at < before.at) continue;
    next[quantity] = { at, good, goodAt: good ? at : (before?.goodAt ?? -Infinity) };
  }
  return next;
};

/** When a quantity is lost: it has been watched, and not been good, for so long. */
export const lostAt = (sensors: Sensors, quantity: string, watchedFrom: number, staleMs: number): number =>
  Math.max(sensors[quantity]?.goodAt ?? -Infinity, watchedFrom) + staleMs;

/** How each quantity is now. */
export const wordsOf = (
  sensors: Sensors,
  quantities: readonly string[],
  staleMs: number,
  now: number,
): Words =>
  Object.fromEntries(
    quantities.map((quantity) => {
      const sensor = sensors[quantity];
      if (!sensor) return [quantity, 'none'];
      if (now >= sensor.at + staleMs) return [quantity, 'stale'];
      return [quantity, sensor.good ? 'good' : 'bad'];
    }),
  );

/** The quantities without a good measurement made at `from` or later as their newest. */
export const missing = (sensors: Sensors, quantities: readonly string[], from: number): string[] =>
  quantities.filter((quantity) => {
    const sensor = sensors[quantity];
    return !sensor?.good || sensor.at < from;
  });
