import type { Database, Document } from '../lib/store.ts';
import type { Recipe } from './recipe.ts';
import type { BatchStatus } from '../lib/batch-status.ts';

/** A recipe as it is stored: whose it is, and since when (epoch s). */
export interface StoredRecipe extends Recipe {
  readonly Email: string;
  readonly Timestamp: number;
}
/** The reactor of a batch as it was when it was reserved. */
export interface Assigned {
  readonly Id: string;
  /** `City|Zip` */
  readonly Facility: string;
  readonly FacilityName: string;
  readonly Available: 'False';
}
/** What a reactor is told of a batch. */
export interface Batch {
  readonly Id: string;
  /** the owner's name */
  readonly Email: string;
  /** epoch s, wall time */
  readonly Timestamp: number;
  readonly Status: BatchStatus;
  readonly Recipe: StoredRecipe;
  readonly Bioreactor: Assigned;
}
/** A batch as it is stored. */
export interface StoredBatch extends Batch {
  /** the reactor has answered */
  readonly Accepted: boolean;
  /** by when it has to; wall time, ms, as is `Changed` */
  readonly AcceptBy: number;
  readonly Changed: number;
  /** of the reactor's life cycle */
  readonly State?: string;
  readonly Reason?: string;
  /** of the last message of the reactor */
  readonly Seq?: number;
  /** epoch s, wall time */
  readonly Started?: number;
  readonly Ended?: number;
  /** what the reactor is called in the history, and when it ran: process time, ms */
  readonly Unit?: string;
  readonly From?: number;
  readonly Until?: number;
}
export interface Reactor {
  readonly Id: string;
  readonly Facility: string;
  readonly FacilityName: string;
  readonly Available: 'True' | 'False';
  /** the batch it is reserved for, since when (wall time, ms) */
  readonly Batch?: string;
  readonly Reserved?: number;
  /** wall time, ms */
  readonly Seen?: number;
  /** false: its last will says that it is not connected */
  readonly Online?: boolean;
  /** it has not answered when it was last given a batch, nor said anything since */
  readonly Silent?: boolean;
}
/** One step of a life cycle, as the reactor tells it, or of a batch, as it happened here. */
export interface JournalEntry {
  readonly id: string;
  readonly seq: number;
  /** ms: process time of a reactor, wall time of what happened here */
  readonly at: number;
  readonly unit: string;
  readonly reactor: string;
  readonly batch: string | null;
  readonly from: string;
  readonly to: string;
  readonly signal: string;
  readonly user: string;
  readonly reason: string;
  readonly refused: boolean;
}

/** Our own documents are what we have stored: they were checked when they came. */
export const bodyOf = <T>({ body }: Document): T => body as unknown as T;
/** A body as a store takes it. */
export const asBody = (body: object): Document['body'] => ({ ...body });

export interface Shelves {
  readonly recipes: string;
  readonly batches: string;
  readonly reactors: string;
  readonly facilities: string;
  readonly journal: string;
}
export const shelvesOf = (prefix: string): Shelves => ({
  recipes: `${prefix}-recipes`,
  batches: `${prefix}-batches`,
  reactors: `${prefix}-reactors`,
  facilities: `${prefix}-facilities`,
  journal: `${prefix}-journal`,
});

/** Where everything is kept, and what the operations need of the machine. */
export interface Premises {
  readonly records: Database['records'];
  readonly history: Database['history'];
  readonly shelves: Shelves;
  /** how long a reactor has to answer, ms of wall time */
  readonly acceptMs: number;
  /** wall time, ms */
  readonly now: () => number;
  readonly newId: () => string;
  /** Resolves when a database that is away may be asked again; rejects where there will be nobody to ask. */
  readonly later: () => Promise<void>;
}

export const NO_ANSWER = 'the reactor did not answer';
/** What makes a batch a failed one. */
export const failed = (reason: string, now: number): Document['body'] => ({
  Status: 'Failed',
  Reason: reason,
  Changed: now,
  Ended: Math.floor(now / 1000),
});

const BATCH_ID = /^[0-9a-z]{10}$/;
export const isBatchId = (raw: unknown): raw is string => typeof raw === 'string' && BATCH_ID.test(raw);

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Bytes from here on would make some digits likelier than others. */
const FAIR = 256 - (256 % DIGITS.length);
/** Ten random characters of 0 to 9 and a to z; `random` fills bytes. */
export const newBatchId = (random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string => {
  let id = '';
  while (id.length < 10)
    for (const byte of random(new Uint8Array(16)))
      if (byte < FAIR && id.length < 10) id += DIGITS[byte % DIGITS.length];
  return id;
};

/** Tries until nobody else comes in between, as the store does within itself. */
export const settled = async <T>(attempt: () => Promise<{ readonly result: T } | undefined>): Promise<T> => {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const done = await attempt();
    if (done) return done.result;
  }
  throw new Error(`batch-manager: still changed by others after ${TRIES_MAX} tries`);
};
const TRIES_MAX = 100;
