import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../lib/transaction.ts';

/** Brings rows to what is in memory now. Called in a transaction, perhaps again after one that failed. */
export type Write = () => void;

/** At the earliest, and at the latest, after the change: few transactions spare an SD card. */
const URGENT_MS = 5;
const LAZY_MS = 200;
const RETRY_MS = 200;

/** SQLITE_BUSY, SQLITE_LOCKED: over in a moment, unlike a disk that is full. */
const isLock = (cause: unknown): boolean =>
  [5, 6].includes(Number(Reflect.get(Object(cause), 'errcode')) & 0xff);

/**
 * Writes what has changed in memory, many things in one transaction. What changes several times before its turn is
 * written once. What cannot be written (disk full, file locked) waits and is tried again.
 */
export class Journal {
  readonly #database: DatabaseSync;
  readonly #changed = new Map<unknown, Write>();
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #last = -URGENT_MS;
  #reason: string | undefined;
  #isFull = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** why nothing can be written; undefined while it can */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Whether something waits for its turn. */
  has(key: unknown): boolean {
    return this.#changed.has(key);
  }

  /** What `key` stands for has changed and will be written before long. */
  mark(key: unknown, write: Write): void {
    this.#changed.set(key, write);
    this.#timer ??= setTimeout(() => this.flush(), LAZY_MS).unref();
  }

  /**
   * Resolves when everything marked so far is in the database; also while it has no room: what drives an actuator does
   * not wait for that, and the reason is told. A lock is waited for.
   */
  commit(): Promise<void> {
    if (this.#changed.size === 0 || this.#isFull) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#waiting.push(resolve) === 1 && this.#reason === undefined) {
      const rest = this.#last + URGENT_MS - performance.now();
      if (rest <= 0) this.#immediate ??= setImmediate(() => this.flush());
      else this.#later(rest);
    }
    return promise;
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms).unref();
  }

  /** Writes what has changed, now. */
  flush(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    if (this.#changed.size > 0 && !this.#database.isOpen) return;
    try {
      if (this.#changed.size > 0) this.#write();
    } catch (cause) {
      this.#reason = cause instanceof Error ? cause.message : String(cause);
      this.#isFull = !isLock(cause);
      this.#later(RETRY_MS);
      if (this.#isFull) this.#settle();
      return;
    } finally {
      this.#last = performance.now();
    }
    this.#reason = undefined;
    this.#isFull = false;
    this.#changed.clear();
    this.#settle();
  }

  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #write(): void {
    inTransaction(this.#database, () => {
      for (const write of this.#changed.values()) write();
    });
  }
}
