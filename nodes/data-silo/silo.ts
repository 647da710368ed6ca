import { worst, type Quality, type Scalar, type Source } from '../lib/signal.ts';

/**
 * The latest value of every quantity of every client. Times are ms of process time. The memory is changed in place,
 * since each message touches one client of many; a snapshot shares nothing with it.
 */
export interface Settings {
  /** without a newer sample for this long a value is stale; 0: never */
  readonly staleMs: number;
  /** without a sample for this long a client is dropped; 0: never */
  readonly forgetMs: number;
  readonly maxClients: number;
}
export interface Good {
  readonly value: Scalar;
  readonly timestamp: number;
}
/** One quantity as it came. */
export interface Reading {
  readonly value: Scalar;
  readonly quality: Quality;
  readonly timestamp: number;
  readonly unit: string | undefined;
  readonly source: Source | undefined;
  /** while the quality is bad: the last value that was not */
  readonly lastGood: Good | undefined;
}
export type Readings = Iterable<readonly [key: string, reading: Reading]>;
type Client = Map<string, Reading>;
export type Memory = Map<string, Client>;

/** A client in a snapshot. */
export interface ClientView {
  readonly values: Readonly<Record<string, Scalar>>;
  /** of its newest value */
  readonly timestamp: number;
  /** s of process time since then */
  readonly age: number;
  /** the worst of its values; one that is stale is uncertain at best */
  readonly quality: Quality;
  /** nothing new has come for the whole client */
  readonly stale: boolean;
  readonly qualities: Readonly<Record<string, Quality>>;
  readonly timestamps: Readonly<Record<string, number>>;
  readonly units: Readonly<Record<string, string>>;
  readonly lastGood?: Readonly<Record<string, Good>>;
}
export interface Snapshot {
  readonly clients: Readonly<Record<string, ClientView>>;
  readonly count: number;
  readonly stale: number;
  readonly quality: Quality;
  readonly source: Source | undefined;
}

/** A device that sends new names without end must not fill the memory. */
export const VALUES_MAX = 1000;

const newestOf = (client: Client): number => {
  let newest = -Infinity;
  for (const { timestamp } of client.values()) newest = Math.max(newest, timestamp);
  return newest;
};

const over = (limit: number, timestamp: number, now: number): boolean =>
  limit > 0 && now - timestamp >= limit;

/** Drops the clients that have been silent for too long. */
const forget = ({ forgetMs }: Settings, memory: Memory, now: number): void => {
  if (forgetMs === 0) return;
  for (const [name, client] of memory) if (over(forgetMs, newestOf(client), now)) memory.delete(name);
};

/** Replaces what is older; a sample of the same time is the same one or a correction. */
const merge = (client: Client, key: string, reading: Reading): void => {
  const old = client.get(key);
  if (old && old.timestamp > reading.timestamp) return;
  const { lastGood = old?.quality === 'bad' ? old.lastGood : old } = reading;
  client.set(key, {
    ...reading,
    lastGood:
      reading.quality === 'bad' && lastGood
        ? { value: lastGood.value, timestamp: lastGood.timestamp }
        : undefined,
  });
};

/**
 * Takes what has come from a client. A time that lies ahead of the clock counts as now, or one wrong clock would shut
 * out all that comes after it. Throws where there is no room; what is there already is updated all the same.
 */
export const accept = (
  settings: Settings,
  memory: Memory,
  name: string,
  readings: Readings,
  now: number,
): void => {
  let client = memory.get(name);
  if (!client) {
    if (memory.size >= settings.maxClients) forget(settings, memory, now);
    if (memory.size >= settings.maxClients)
      throw new Error(
        `client: ${JSON.stringify(name)} is one too many, there are ${settings.maxClients} (Most clients)`,
      );
    client = new Map();
  }
  const refused: string[] = [];
  for (const [key, reading] of readings) {
    if (client.size >= VALUES_MAX && !client.has(key)) refused.push(key);
    else merge(client, key, { ...reading, timestamp: Math.min(reading.timestamp, now) });
  }
  if (client.size > 0) memory.set(name, client);
  if (refused.length > 0)
    throw new Error(
      `client ${JSON.stringify(name)}: ${JSON.stringify(refused[0])} is one value too many, there are ${VALUES_MAX}`,
    );
};

const columnOf = <T>(
  client: Client,
  read: (reading: Reading) => T | undefined,
): Readonly<Record<string, T>> =>
  // From entries, so that a key called `__proto__` is one like any other.
  Object.fromEntries(
    [...client].flatMap(([key, reading]) => {
      const cell = read(reading);
      return cell === undefined ? [] : [[key, cell] as const];
    }),
  );

const viewOf = ({ staleMs }: Settings, client: Client, now: number): ClientView => {
  const timestamp = newestOf(client);
  const qualities = columnOf(client, (reading) =>
    over(staleMs, reading.timestamp, now) ? worst(reading.quality, 'uncertain') : reading.quality,
  );
  const lastGood = columnOf(client, (reading) => reading.lastGood);
  return {
    values: columnOf(client, ({ value }) => value),
    timestamp,
    age: Math.max(0, now - timestamp) / 1000,
    quality: worst(...Object.values(qualities)),
    stale: over(staleMs, timestamp, now),
    qualities,
    timestamps: columnOf(client, (reading) => reading.timestamp),
    units: columnOf(client, ({ unit }) => unit),
    ...(Object.keys(lastGood).length > 0 ? { lastGood } : {}),
  };
};

const isFrom =
  (source: Source) =>
  (client: Client): boolean =>
    [...client.values()].some((reading) => reading.source === source);

/** What all clients have said last, as of now. Clients that are to be forgotten are dropped first. */
export const snapshot = (settings: Settings, memory: Memory, now: number): Snapshot => {
  forget(settings, memory, now);
  const views = [...memory].map(([name, client]) => [name, viewOf(settings, client, now)] as const);
  const clients = [...memory.values()];
  return {
    clients: Object.fromEntries(views),
    count: views.length,
    stale: views.filter(([, { stale }]) => stale).length,
    quality: worst(...views.map(([, { quality }]) => quality)),
    source: (['simulated', 'manual', 'measured'] as const).find((source) => clients.some(isFrom(source))),
  };
};
