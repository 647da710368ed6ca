/**
 * The one message convention. A measurement carries event time, quality, unit and source; a command carries none
 * of them. The terms of quality are those of OPC UA Part 8.
 */
import { shown } from './number.ts';

export type Quality = 'good' | 'uncertain' | 'bad';
export type Source = 'measured' | 'simulated' | 'manual';
export type Scalar = number | boolean | string | null;
/** Several quantities of one unit, measured together. */
export type SignalRecord = Readonly<Record<string, Scalar>>;

/** A measurement as a node sends it. `payload` is null where there is no value, never 0. */
export interface Signal {
  topic: string;
  payload: Scalar | SignalRecord;
  /** ms since the epoch, process time */
  timestamp: number;
  quality: Quality;
  source: Source;
  /** UCUM style: Cel, hPa, %, [pH] */
  unit?: string;
  /** on a record: the unit and the quality of each key */
  units?: Readonly<Record<string, string>>;
  qualities?: Readonly<Record<string, Quality>>;
}

/** One quantity, read from a message of any shape. */
export interface Reading {
  readonly value: Scalar | undefined;
  readonly quality: Quality;
  readonly unit: string | undefined;
  readonly timestamp: number | undefined;
  readonly source: Source | undefined;
}

const rank: Readonly<Record<Quality, number>> = { good: 0, uncertain: 1, bad: 2 };
const isQuality = (value: unknown): value is Quality =>
  value === 'good' || value === 'uncertain' || value === 'bad';
const isSource = (value: unknown): value is Source =>
  value === 'measured' || value === 'simulated' || value === 'manual';

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The worst of some qualities; good where there are none. */
export const worst = (...qualities: readonly Quality[]): Quality =>
  qualities.reduce((a, b) => (rank[b] > rank[a] ? b : a), 'good');

const scalar = (value: unknown): Scalar | undefined =>
  value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
    ? value
    : undefined;

/**
 * Reads a quantity: the payload itself where `quantity` is blank, else that key of a record. A number that is not
 * finite and a missing value have quality bad; a message without the convention's properties is good.
 */
export const readSignal = (msg: Readonly<Record<string, unknown>>, quantity = ''): Reading => {
  const { payload, quality, qualities, unit, units, timestamp, source } = msg;
  const record = isRecord(payload) ? payload : undefined;
  const value = scalar(quantity === '' ? payload : record?.[quantity]);
  const stated =
    quantity !== '' && isRecord(qualities) && quantity in qualities ? qualities[quantity] : quality;
  const ownUnit = quantity !== '' && isRecord(units) && quantity in units ? units[quantity] : unit;
  const missing =
    value === undefined || value === null || (typeof value === 'number' && !Number.isFinite(value));
  return {
    value,
    quality: missing ? 'bad' : isQuality(stated) ? stated : 'good',
    unit: typeof ownUnit === 'string' ? ownUnit : undefined,
    timestamp: typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : undefined,
    source: isSource(source) ? source : undefined,
  };
};

/** Whether a record says nothing of a quantity: then it is no measurement for who wants that one, not a bad one. */
export const lacks = ({ payload }: Readonly<Record<string, unknown>>, quantity: string): boolean =>
  quantity !== '' && isRecord(payload) && !Object.hasOwn(payload, quantity);

/** Turns a message into a command, in place: a command carries no time, quality, unit or source of its own. */
export const asCommand = <M extends Record<string, unknown>>(msg: M): M => {
  for (const key of ['timestamp', 'quality', 'qualities', 'unit', 'units', 'source']) delete msg[key];
  return msg;
};

/** How long a command holds without being repeated, ms; Infinity where it does not say. */
export const leaseIn = ({ validFor }: Readonly<Record<string, unknown>>): number => {
  if (validFor === undefined) return Infinity;
  if (typeof validFor === 'number' && validFor > 0) return validFor;
  throw new Error(`validFor: must be a number above 0, got ${shown(validFor)}`);
};
