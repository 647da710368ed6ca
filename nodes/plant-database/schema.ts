import type { Generated } from 'kysely';
import type { SeriesKind } from '../lib/store.ts';
import type { Quality } from '../lib/signal.ts';

/** The version of the tables below: the number of the last migration. */
export const SCHEMA_VERSION = 1;

export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql';

/** Every back-end has these tables. Times are whole ms since the epoch. */
export interface Tables {
  series: {
    readonly id: Generated<number>;
    readonly name: string;
    readonly timeline: string;
    /** rank, see `kinds` */
    readonly kind: number;
    readonly origin: number;
    readonly first: number;
    readonly last: number;
  };
  /** Where samples come from, and in which unit: few rows, named by a number in each sample. */
  origin: { readonly id: Generated<number>; readonly source: string; readonly unit: string };
  /** A number has a value, a text has a text, a boolean has both: 1 and `true`. None of them: there was no value. */
  sample: {
    readonly series: number;
    readonly time: number;
    readonly value: number | null;
    readonly text: string | null;
    /** rank, see `qualities` */
    readonly quality: number;
    readonly origin: number;
  };
  minute: RollupTable;
  hour: RollupTable;
  record: RecordTable;
  meta: { readonly name: string; readonly value: string };
}
/** `time` is the start of the bucket; of the numbers that are not bad. */
export interface RollupTable {
  readonly series: number;
  readonly time: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
}
/** `body` is JSON: text in SQLite, jsonb in PostgreSQL, json in MySQL. */
export interface RecordTable {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly created: number;
  readonly updated: number;
  readonly body: string;
}

/** By rank, as stored. */
export const qualities: readonly Quality[] = ['good', 'uncertain', 'bad'];
export const BAD = 2;

/**
 * By rank, as stored: what a series holds is the highest kind it has ever held, so that one text among numbers does not
 * take its chart away. Of rank 0 nothing but null has come; it is told as a number.
 */
export const kinds: readonly SeriesKind[] = ['number', 'text', 'boolean', 'number'];

/** The longest texts that MySQL can have in an index: alone, and of several columns. */
export const NAME_MAX = 500;
export const SHORT_MAX = 200;
/** In characters: a batch of them is what a server takes in one statement. */
export const TEXT_MAX = 4000;
/** A larger number is kept, but not in rollups: their sums must stay finite. */
export const LARGEST = 1e290;
/** What `first` and `last` of a series are while it has no sample. */
export const NEVER = { first: 9e15, last: -9e15 } as const;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
