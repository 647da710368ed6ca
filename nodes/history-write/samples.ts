import { shown } from '../lib/number.ts';
import { isRecord, type Quality, type Scalar, type Source } from '../lib/signal.ts';
import type { Sample, Timeline } from '../lib/store.ts';
import { checkedText, seriesOf, unitOf } from './names.ts';

/** What a message does not say itself. */
export interface SampleDefaults {
  readonly topic: string;
  /** stores only this key of records; blank: the whole payload */
  readonly quantity?: string;
  /** process time, ms since the epoch */
  readonly timestamp: number;
  readonly source: Source;
  /** auto: simulated where the source is, else real */
  readonly timeline: 'auto' | Timeline;
}

type Properties = Readonly<Record<string, unknown>>;

/** The most values one message may carry: as many as may wait in memory. */
export const MAX_SAMPLES = 50_000;
/** The end of the year 9999; what lies behind it is a time in µs or ns. */
export const MAX_TIMESTAMP = Date.UTC(10_000, 0, 1) - 1;

/**
 * The samples a message stands for: a signal, a record (one series per key), or an array of messages and of records
 * that have their own `timestamp`. What an element of an array does not say, the message says. All or nothing: throws
 * an error that names the property and its value.
 */
export const samplesOf = (msg: Properties, defaults: SampleDefaults): Sample[] => {
  const samples: Sample[] = [];
  const { payload } = msg;
  if (!Array.isArray(payload)) {
    add(samples, payload, 'payload', envelopeOf(msg, {}, defaults, ''), defaults.quantity);
    return samples;
  }
  for (const [index, element] of (payload as readonly unknown[]).entries()) {
    const name = `payload[${index}]`;
    if (!isRecord(element))
      throw new Error(
        `${name}: must be a message, or a record with its own timestamp, got ${shown(element)}`,
      );
    const isMessage = Object.hasOwn(element, 'payload');
    const own = isMessage ? element : { timestamp: element['timestamp'] };
    const envelope = envelopeOf(own, msg, defaults, `${name}.`);
    if (isMessage) add(samples, element['payload'], `${name}.payload`, envelope, defaults.quantity);
    else add(samples, element, name, envelope, defaults.quantity, 'timestamp');
  }
  return samples;
};

/** What all values of one payload have in common. */
interface Envelope {
  readonly topic: string;
  readonly timestamp: number;
  readonly timeline: Timeline;
  readonly source: Source;
  readonly unit: string;
  readonly units: Properties | undefined;
  readonly quality: unknown;
  readonly qualities: Properties | undefined;
  /** begins the names of these properties in errors */
  readonly place: string;
}

/** `outer` stands in for what `msg` does not say. */
const envelopeOf = (
  msg: Properties,
  outer: Properties,
  defaults: SampleDefaults,
  place: string,
): Envelope => {
  const source = sourceOf(msg['source'] ?? outer['source']) ?? defaults.source;
  const auto = source === 'simulated' ? 'simulated' : 'real';
  return {
    topic: topicOf(msg['topic'] ?? outer['topic'], defaults.topic, place),
    timestamp: timeOf(msg['timestamp'] ?? outer['timestamp'], defaults.timestamp, place),
    timeline: defaults.timeline === 'auto' ? auto : defaults.timeline,
    source,
    unit: unitOf(msg['unit'] ?? outer['unit'], `${place}unit`),
    units: recordOf(msg['units'] ?? outer['units']),
    quality: msg['quality'] ?? outer['quality'],
    qualities: recordOf(msg['qualities'] ?? outer['qualities']),
    place,
  };
};

/** `name` is the payload's in errors; the key `reserved` is no quantity. */
const add = (
  samples: Sample[],
  payload: unknown,
  name: string,
  envelope: Envelope,
  quantity = '',
  reserved?: string,
): void => {
  const { topic, timestamp, timeline, source, unit, units, quality, qualities, place } = envelope;
  const addOne = (key: string, value: Scalar, stated: unknown, ownUnit: string): void => {
    if (samples.length === MAX_SAMPLES)
      throw new Error(`payload: must have at most ${MAX_SAMPLES} values, got more`);
    samples.push({
      series: seriesOf(topic, key, `${place}topic`),
      timeline,
      timestamp,
      value,
      quality: qualityOf(value, stated),
      source,
      unit: ownUnit,
    });
  };
  if (!isRecord(payload) || ArrayBuffer.isView(payload)) {
    const value = valueOf(payload, name);
    if (quantity === '') addOne('', value, quality, unit);
    return; // a single value has no quantities
  }
  let isEmpty = true;
  for (const key of Object.keys(payload)) {
    if (key === reserved) continue;
    isEmpty = false;
    if (quantity !== '' && key !== quantity) continue;
    const value = valueOf(payload[key] ?? null, `${name}.${key}`);
    const stated = qualities && Object.hasOwn(qualities, key) ? qualities[key] : quality;
    const ownUnit = units && Object.hasOwn(units, key) ? unitOf(units[key], `${place}units.${key}`) : unit;
    addOne(key, value, stated, ownUnit);
  }
  if (isEmpty) throw new Error(`${name}: must have values, got ${shown(payload)}`);
};

const recordOf = (value: unknown): Properties | undefined => (isRecord(value) ? value : undefined);

const topicOf = (topic: unknown, fallback: string, place: string): string => {
  if (topic === undefined || topic === '') {
    if (fallback !== '') return fallback;
    throw new Error(`${place}topic: must name the series, got ${shown(topic)}`);
  }
  if (typeof topic !== 'string') throw new Error(`${place}topic: must be text, got ${shown(topic)}`);
  return topic;
};

/** Whole ms: a clock at 0.1 of its speed has fractions. */
const timeOf = (timestamp: unknown, fallback: number, place: string): number => {
  const ms = Math.round(typeof timestamp === 'number' ? timestamp : timestamp === undefined ? fallback : NaN);
  if (ms >= 0 && ms <= MAX_TIMESTAMP) return ms === 0 ? 0 : ms;
  throw new Error(
    `${place}timestamp: must be ms since the epoch, before the year 10000, got ${shown(timestamp)}`,
  );
};

const sourceOf = (source: unknown): Source | undefined =>
  source === 'measured' || source === 'simulated' || source === 'manual' ? source : undefined;

/** A number that is not finite is no value; text is what every database can hold. */
const valueOf = (value: unknown, name: string): Scalar => {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? (value === 0 ? 0 : value) : null; // there is no -0 in a history
    case 'boolean':
      return value;
    case 'string':
      return checkedText(value, name);
    case 'object':
      if (value === null) return null;
      break;
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
  }
  throw new Error(`${name}: must be a number, true or false, text or null, got ${shown(value)}`);
};

const qualityOf = (value: Scalar, stated: unknown): Quality =>
  value === null || stated === 'bad' ? 'bad' : stated === 'uncertain' ? 'uncertain' : 'good';
