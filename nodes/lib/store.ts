import type { Quality, Scalar, Source } from './signal.ts';

/** Which clock a time belongs to. Simulated time is kept apart from real time: same name, another series. */
export type Timeline = 'real' | 'simulated';

/** One value of one series: a row of the history. */
export interface Sample {
  /** topic, or topic + `/` + key of a record: `fish-tank/1/temperature` */
  readonly series: string;
  readonly timeline: Timeline;
  /** when it was measured: whole ms since the epoch, in its timeline */
  readonly timestamp: number;
  /** null where there was no value; a boolean is charted as 0 and 1 */
  readonly value: Scalar;
  readonly quality: Quality;
  readonly source: Source;
  /** UCUM style; blank where there is none */
  readonly unit: string;
}

/** What has become of a batch: a (series, timestamp) that is there already is left as it is. */
export interface Written {
  readonly stored: number;
  readonly duplicates: number;
}

export type SeriesKind = 'number' | 'boolean' | 'text';
/** A series as the store knows it. Times are ms since the epoch in its timeline. */
export interface SeriesInfo {
  readonly id: number;
  readonly name: string;
  readonly timeline: Timeline;
  readonly kind: SeriesKind;
  readonly unit: string;
  readonly source: Source;
  readonly first: number;
  readonly last: number;
}

/** `raw` is what was measured; the others are rollups with min, mean, max and count. */
export type Level = 'raw' | 'minute' | 'hour';

/** A stretch of a series, oldest first, as columns of equal length. */
export interface RawRows {
  readonly level: 'raw';
  readonly timestamps: readonly number[];
  readonly values: readonly Scalar[];
  readonly qualities: readonly Quality[];
}
/**
 * Buckets start at whole multiples of `bucketMs` and are whole: the first may begin before the range, the last end after
 * it. A value of quality `bad` counts as missing; a bucket without numbers is not there.
 */
export interface BucketRows {
  readonly level: Level;
  readonly bucketMs: number;
  /** start of each bucket */
  readonly timestamps: readonly number[];
  readonly min: readonly number[];
  readonly mean: readonly number[];
  readonly max: readonly number[];
  readonly count: readonly number[];
}
export type Rows = RawRows | BucketRows;

/** `from` is in, `to` is out; ms since the epoch in the timeline of the series. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Of the numbers in a range that are not bad; all but the count are null where there are none. */
export interface Statistics {
  readonly count: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  readonly first: { readonly timestamp: number; readonly value: Scalar } | null;
  readonly last: { readonly timestamp: number; readonly value: Scalar } | null;
}

/** How long each level is kept, in days of its own timeline; 0: for ever. The first pattern that fits counts. */
export interface Retention {
  /** MQTT wildcards */
  readonly series: string;
  readonly rawDays: number;
  readonly minuteDays: number;
  readonly hourDays: number;
}

/** Time series in a database. Every promise rejects with an error that names the database where it cannot be reached. */
export interface HistoryStore {
  /** One transaction; resolves after the commit. Rollups are up to date then, also for late samples. */
  write(samples: readonly Sample[]): Promise<Written>;
  /** Series whose name fits one of the patterns (MQTT wildcards `+` and `#`), by name; in both timelines where none is given. */
  series(patterns: readonly string[], timeline?: Timeline): Promise<SeriesInfo[]>;
  /**
   * At most `points` rows: what was measured where it is that few (always for text, then the newest ones), else buckets
   * of the best level that is kept.
   */
  read(series: SeriesInfo, range: Range, points: number): Promise<Rows>;
  /** What was measured, a page at a time: at most `limit` rows with a timestamp from `range.from` on. */
  raw(series: SeriesInfo, range: Range, limit: number): Promise<RawRows>;
  /** The newest sample, at or before `at` where it is given. */
  last(series: SeriesInfo, at?: number): Promise<Sample | undefined>;
  statistics(series: SeriesInfo, range: Range): Promise<Statistics>;
  /** Deletes what the rules no longer keep, in small steps that let others write; resolves with the number of rows. */
  retain(rules: readonly Retention[]): Promise<number>;
  /** Deletes the oldest raw rows, of all series alike, about this many; resolves with how many it were. */
  prune(rows: number): Promise<number>;
}

/** A document in a named collection. */
export interface Document {
  readonly collection: string;
  readonly id: string;
  /** 1 at first, one more with every change */
  readonly version: number;
  /** wall time, ms since the epoch */
  readonly created: number;
  readonly updated: number;
  readonly body: Readonly<Record<string, unknown>>;
}
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
/** A field of the body by its path (`state`, `steps.0.name`), or `id`, `version`, `created`, `updated` with a `$` before it. */
export interface Condition {
  readonly field: string;
  readonly is: Comparison;
  readonly value: string | number | boolean | null;
}
export interface Listing {
  readonly where?: readonly Condition[];
  /** newest created first where nothing is given */
  readonly sort?: readonly { readonly field: string; readonly descending?: boolean }[];
  readonly limit?: number;
  readonly offset?: number;
}
export interface Page {
  /** of all that fit, not of this page */
  readonly total: number;
  readonly documents: readonly Document[];
}

/** Documents in a database. A change that meets its conditions happens once, whoever else tries at the same time. */
export interface RecordStore {
  /** Makes or replaces a document; a blank id makes a new one. With `keep`, the oldest of the collection beyond that many are dropped. */
  put(collection: string, id: string, body: Document['body'], keep?: number): Promise<Document>;
  get(collection: string, id: string): Promise<Document | undefined>;
  list(collection: string, listing?: Listing): Promise<Page>;
  /**
   * Merges `changes` (RFC 7396) where all conditions hold; undefined where there is no such document or one does not.
   * `check` sees the body that would come of it, and throws where it must not be.
   */
  update(
    collection: string,
    id: string,
    changes: Document['body'],
    where?: readonly Condition[],
    check?: (body: Document['body']) => void,
  ): Promise<Document | undefined>;
  /** Changes the first document that fits, for exactly one of those who ask at the same time; `check` as above. */
  reserve(
    collection: string,
    listing: Listing,
    changes: Document['body'],
    check?: (body: Document['body']) => void,
  ): Promise<Document | undefined>;
  /** Whether there was one that met the conditions. */
  remove(collection: string, id: string, where?: readonly Condition[]): Promise<boolean>;
}

export interface DatabaseFacts {
  /** `sqlite`, `postgres`, `mysql` */
  readonly kind: string;
  readonly connected: boolean;
  /** bytes on disk; undefined where it is not known */
  readonly bytes: number | undefined;
  /** ms the last commit took */
  readonly commitMs: number;
  /** rows written since the start */
  readonly rows: number;
  /** rows in memory that wait for their commit */
  readonly waiting: number;
  readonly outbox: OutboxFacts;
  /** for how long it has not taken anything, 0 while it does */
  readonly awayMs?: number;
  /** what is wrong with it, or with its outbox, in a sentence */
  readonly trouble?: string | undefined;
}
export interface OutboxFacts {
  readonly rows: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** rows given up since the beginning because the outbox was full */
  readonly dropped: number;
}

/** A back-end: what a plant's database has to be able to do. */
export interface Backend {
  readonly kind: 'sqlite' | 'postgres' | 'mysql';
  readonly history: HistoryStore;
  readonly records: RecordStore;
  /** bytes on disk */
  size(): Promise<number>;
  /** A consistent copy while others write; only where the database is a file. */
  backup?(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A database in use: the back-end behind one writer and its outbox. */
export interface Database {
  readonly name: string;
  readonly history: Omit<HistoryStore, 'write'>;
  readonly records: RecordStore;
  /** Resolves when the samples are committed or, where the database is away or slow, safe in the outbox on disk. */
  write(samples: readonly Sample[]): Promise<void>;
  facts(): DatabaseFacts;
  backup?(file: string): Promise<void>;
}
