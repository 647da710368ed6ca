import { shown } from '../lib/number.ts';
import { isRecord, readSignal, type Scalar } from '../lib/signal.ts';
import type { SiloSettings } from './config.ts';
import type { Good, Reading, Readings } from './silo.ts';

type Msg = Readonly<Record<string, unknown>>;
/** What one message says of some clients, and what of it cannot be used. */
export interface Arrival {
  readonly clients: readonly (readonly [client: string, readings: Readings])[];
  readonly complaints: readonly string[];
}

const isScalar = (value: unknown): value is Scalar =>
  value === null || ['number', 'boolean', 'string'].includes(typeof value);
const goodOf = (good: unknown): Good | undefined => {
  if (!isRecord(good)) return undefined;
  const { value, timestamp } = good;
  return isScalar(value) && typeof timestamp === 'number' ? { value, timestamp } : undefined;
};

/** Which client a message is from, and what its topic says of the quantity beyond that. */
const clientOf = (settings: SiloSettings, msg: Msg): { client: string; rest: readonly string[] } => {
  const { clientFrom, clientProperty, skipLevels, topicLevels } = settings;
  const levels = typeof msg['topic'] === 'string' && msg['topic'] !== '' ? msg['topic'].split('/') : [];
  if (clientFrom === 'property') {
    const client = msg[clientProperty];
    if (typeof client !== 'string' || client.trim() === '')
      throw new Error(`${clientProperty}: must name the client, got ${shown(client)}`);
    return { client, rest: levels.slice(-1) };
  }
  const needed = skipLevels + topicLevels;
  const client = levels.slice(skipLevels, needed).join('/');
  if (levels.length < needed || client === '')
    throw new Error(`topic: must have at least ${needed} levels, got ${shown(msg['topic'])}`);
  return { client, rest: levels.slice(needed) };
};

const readingOf = (msg: Msg, quantity: string, now: number): Reading => {
  const { value = null, quality, unit, timestamp = now, source } = readSignal(msg, quantity);
  return {
    value: typeof value === 'number' && !Number.isFinite(value) ? null : value,
    quality,
    timestamp,
    unit,
    source,
    lastGood: undefined,
  };
};

const measurement = (settings: SiloSettings, msg: Msg, now: number): Arrival => {
  const { payload } = msg;
  const { client, rest } = clientOf(settings, msg);
  if (isScalar(payload)) {
    const key = rest.length > 0 ? rest.join('/') : 'value';
    return { clients: [[client, [[key, readingOf(msg, '', now)]]]], complaints: [] };
  }
  if (!isRecord(payload))
    throw new Error(`payload: must be a value or a record of values, got ${shown(payload)}`);
  const keys = Object.keys(payload);
  // With a property, the topic is only a word: a record's own keys say what is what.
  const prefix = settings.clientFrom === 'topic' ? rest.map((level) => `${level}/`).join('') : '';
  return {
    clients: [
      [
        client,
        keys
          .filter((key) => isScalar(payload[key]))
          .map((key) => [prefix + key, readingOf(msg, key, now)] as const),
      ],
    ],
    complaints: keys
      .filter((key) => !isScalar(payload[key]))
      .map(
        (key) => `payload.${key}: must be a number, text, true, false or null, got ${shown(payload[key])}`,
      ),
  };
};

/** A client in another silo's snapshot: each value at its own time, so that ages stay right. */
const readingsOf = (view: Msg, msg: Msg): Readings => {
  const { values, qualities, units, timestamps, lastGood } = view;
  const record = { payload: values, qualities, units, source: msg['source'] };
  return Object.keys(isRecord(values) ? values : {}).map((key) => {
    const own = isRecord(timestamps) ? timestamps[key] : undefined;
    const at = typeof own === 'number' ? own : view['timestamp'];
    const good = isRecord(lastGood) && Object.hasOwn(lastGood, key) ? goodOf(lastGood[key]) : undefined;
    return [key, { ...readingOf(record, key, Number(at)), lastGood: good }] as const;
  });
};

const ofSilo = (own: string, id: string, msg: Msg): Arrival => {
  if (id === own) throw new Error(`silo.id: ${shown(id)} is this silo itself`);
  const { payload } = msg;
  if (!isRecord(payload)) throw new Error(`payload: must be a snapshot of clients, got ${shown(payload)}`);
  const complaints: string[] = [];
  const clients = Object.entries(payload).flatMap(([client, view]) => {
    if (isRecord(view) && isRecord(view['values']) && Number.isFinite(view['timestamp']))
      return [[`${id}/${client}`, readingsOf(view, msg)] as const];
    complaints.push(`payload.${client}: must have values and a timestamp, got ${shown(view)}`);
    return [];
  });
  return { clients, complaints };
};

/** Reads a measurement of one client, or the snapshot of another silo with all of its clients. */
export const arrivalOf = (settings: SiloSettings, msg: Msg, now: number): Arrival => {
  const id = isRecord(msg['silo']) ? msg['silo']['id'] : undefined;
  return typeof id === 'string' ? ofSilo(settings.outputTopic, id, msg) : measurement(settings, msg, now);
};
