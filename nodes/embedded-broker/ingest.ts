import { samplesOf } from '../history-write/samples.ts';
import { parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import type { Sample } from '../lib/store.ts';
import { covers } from './rights.ts';

/** Which messages are measurements to store before they are acknowledged. */
export interface IngestSettings {
  /** topic filters */
  readonly topics: readonly string[];
  /** what the name of the series lacks at the front of the topic */
  readonly prefix: string;
  /** how long the store may take before the publisher is sent away to try again */
  readonly timeoutMs: number;
}

/** Resolves when the samples are safe. */
export type WriteSamples = (samples: readonly Sample[]) => Promise<void>;

export interface IngestFacts {
  /** values stored since the start */
  readonly ingested: number;
  /** messages that could not be read */
  readonly refused: number;
  /** messages that could not be stored, and why the last one could not; undefined where it could */
  readonly unstored: number;
  readonly failing: string | undefined;
}

export interface Ingest {
  /**
   * Undefined where the topic is none of those; else resolves when the message may be acknowledged, which is also when
   * it cannot be read: refused, it would be sent again for ever. Rejects where it cannot be stored.
   */
  readonly accept: (
    topic: string,
    payload: Uint8Array | string,
    mayWrite: (topic: string) => boolean,
  ) => Promise<void> | undefined;
  readonly facts: () => IngestFacts;
}

export interface IngestDependencies {
  readonly write: WriteSamples;
  readonly warn: (text: string) => void;
  /** ms since the epoch */
  readonly now: () => number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const textOf = (payload: Uint8Array | string): string => {
  if (typeof payload === 'string') return payload;
  try {
    return utf8.decode(payload);
  } catch {
    throw new Error('payload: must be text in UTF-8, got other bytes');
  }
};

const bodyOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const value = parseNumber(text);
    if (value !== undefined) return value;
    throw new Error(`payload: must be JSON or a number, got ${shown(text)}`);
  }
};

/** `value` stands for `payload`, as many devices write it. */
const messageOf = (element: unknown): unknown => {
  if (!isRecord(element) || !Object.hasOwn(element, 'value') || Object.hasOwn(element, 'payload'))
    return element;
  const { value, ...rest } = element;
  return { ...rest, payload: value };
};

/**
 * The samples in the text of a message: a bare number or JSON, which is a value, a message of the convention (`payload`
 * or `value` with timestamp, quality, unit, source), a record with a `timestamp` of its own, or an array of those.
 * Throws an error that names the property and its value.
 */
export const samplesOfText = (series: string, payload: Uint8Array | string, now: number): Sample[] => {
  const body = bodyOf(textOf(payload));
  const message = messageOf(body);
  const defaults = { topic: series, timestamp: now, source: 'measured', timeline: 'auto' } as const;
  if (Array.isArray(body)) return samplesOf({ payload: body.map(messageOf) }, defaults);
  if (!isRecord(message)) return samplesOf({ payload: message }, defaults);
  // A lone record may have its time inside, which a payload may not.
  return samplesOf(Object.hasOwn(message, 'payload') ? message : { payload: [message] }, defaults);
};

/** An error may quote what came over the wire. */
const inLog = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).slice(0, 200).replace(/\p{Cc}/gu, ' ');

const MAX_STAMPS = 10_000;
/** Further ahead than any burst brings them, stamps are those of a clock that has been set back. */
const AHEAD_MS = 10_000;

export const createIngest = (
  { topics, prefix }: IngestSettings,
  { write, warn, now }: IngestDependencies,
): Ingest => {
  const stamps = new Map<string, number>();
  let ingested = 0;
  let refused = 0;
  let unstored = 0;
  let failing: string | undefined;

  /** Values without a time of their own that come in one ms are still different values. */
  const stampFor = (series: string): number => {
    const time = now();
    const next = (stamps.get(series) ?? 0) + 1;
    const stamp = next > time + AHEAD_MS ? time : Math.max(time, next);
    if (stamps.size >= MAX_STAMPS) stamps.clear();
    stamps.set(series, stamp);
    return stamp;
  };
  const isIngest = (topic: string): boolean => topics.some((filter) => covers(filter, topic));
  const seriesOf = (topic: string): string => (topic.startsWith(prefix) ? topic.slice(prefix.length) : topic);

  /** A message may name other series than its topic: as far as its sender could write there as well. */
  const check = (series: string, samples: readonly Sample[], mayWrite: (topic: string) => boolean): void => {
    let last = series;
    for (const { series: named } of samples) {
      if (named === last || named.startsWith(`${series}/`)) continue;
      last = named;
      const topic = prefix + named;
      if (!isIngest(topic) || !mayWrite(topic))
        throw new Error(`topic: must be one the sender may write, got ${shown(named)}`);
    }
  };

  const store = async (samples: readonly Sample[]): Promise<void> => {
    try {
      await write(samples);
      ingested += samples.length;
      failing = undefined;
    } catch (cause) {
      unstored++;
      failing = cause instanceof Error ? cause.message : String(cause);
      throw cause;
    }
  };

  return {
    accept(topic, payload, mayWrite) {
      if (!isIngest(topic)) return undefined;
      const series = seriesOf(topic);
      let samples: Sample[];
      try {
        samples = samplesOfText(series, payload, stampFor(series));
        check(series, samples, mayWrite);
      } catch (cause) {
        refused++;
        warn(`not stored, ${JSON.stringify(topic.slice(0, 80))}: ${inLog(cause)}`);
        return Promise.resolve();
      }
      return samples.length === 0 ? Promise.resolve() : store(samples);
    },
    facts: () => ({ ingested, refused, unstored, failing }),
  };
};
