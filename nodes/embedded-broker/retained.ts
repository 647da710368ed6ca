import type { AedesPublishPacket } from 'aedes';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { inTransaction } from '../lib/transaction.ts';
import type { OffRule } from './options.ts';
import type { Journal } from './journal.ts';
import { covers } from './rights.ts';

export type Stored = Pick<AedesPublishPacket, 'topic' | 'payload' | 'qos'>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mqtt_retained
    (topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS mqtt_will
    (client TEXT PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL) WITHOUT ROWID;
`;
const KEEP = 'INSERT OR REPLACE INTO mqtt_retained (topic, payload, qos) VALUES (?, ?, ?)';
const OVERHEAD_BYTES = 200;

export const bytesOf = (payload: string | Buffer): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;
const sizeOf = ({ topic, payload }: Stored): number => topic.length + payload.length + OVERHEAD_BYTES;

const readRetained = (database: DatabaseSync): Stored[] =>
  database
    .prepare('SELECT topic, payload, qos FROM mqtt_retained')
    .all()
    .map((row: Record<string, SQLOutputValue>) => ({
      topic: String(row['topic']),
      payload: Buffer.from(row['payload'] as Uint8Array),
      qos: row['qos'] as Stored['qos'],
    }));

/**
 * Brings retained messages into the state a plant starts from, before anybody can read them: first the retained last
 * wills of the clients that were connected when the broker died, then the rules, each for its topics.
 */
export const settleRetained = (database: DatabaseSync, rules: readonly OffRule[]): void => {
  database.exec(SCHEMA);
  inTransaction(database, () => {
    database.exec(`
      INSERT OR REPLACE INTO mqtt_retained (topic, payload, qos) SELECT topic, payload, qos FROM mqtt_will;
      DELETE FROM mqtt_will;`);
    const keep = database.prepare(KEEP);
    for (const { topic, qos } of readRetained(database)) {
      const rule = rules.find(({ filter }) => covers(filter, topic));
      if (rule) keep.run(topic, Buffer.from(rule.payload), qos);
    }
    database.exec('DELETE FROM mqtt_retained WHERE length(payload) = 0');
  });
};

/** SQLITE_BUSY, LOCKED, READONLY, IOERR, FULL: the file does not take it now. */
const PASSING = [5, 6, 8, 10, 13];
const isPassing = (cause: unknown): boolean =>
  PASSING.includes(Number(Reflect.get(Object(cause), 'errcode')) & 0xff);

/** Retained messages and retained last wills in the database. */
export class Retained {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #maxBytes: number;
  readonly #sql: Record<'keep' | 'forget' | 'putWill' | 'delWill', StatementSync>;
  readonly #stored = new Map<string, Stored>();
  #bytes = 0;
  readonly #wills = new Map<string, number>();

  constructor(database: DatabaseSync, journal: Journal, maxBytes: number) {
    database.exec(SCHEMA);
    this.#database = database;
    this.#journal = journal;
    this.#maxBytes = maxBytes;
    this.#sql = {
      keep: database.prepare(KEEP),
      forget: database.prepare('DELETE FROM mqtt_retained WHERE topic = ?'),
      putWill: database.prepare(
        'INSERT OR REPLACE INTO mqtt_will (client, topic, payload, qos) VALUES (?, ?, ?, ?)',
      ),
      delWill: database.prepare('DELETE FROM mqtt_will WHERE client = ?'),
    };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes up what an earlier life has left. */
  load(): Stored[] {
    const all = readRetained(this.#database);
    for (const stored of all) this.#remember(stored);
    return all;
  }

  write({ topic, payload: raw, qos }: Stored): void {
    const next = { topic, payload: bytesOf(raw), qos };
    const { payload } = next;
    const before = this.#stored.get(topic);
    if (payload.length > 0) {
      // A heartbeat repeats what is there already: no write then, which spares an SD card.
      if (before?.qos === qos && payload.equals(bytesOf(before.payload))) return;
      if (this.#bytes - (before ? sizeOf(before) : 0) + sizeOf(next) > this.#maxBytes)
        throw new Error(`retained messages would take more than ${this.#maxBytes} bytes`);
    }
    this.#store(`retained ${topic}`, () => {
      if (payload.length > 0) this.#sql.keep.run(topic, payload, qos);
      else this.#sql.forget.run(topic);
    });
    this.#remember(next);
  }

  /** Whether the newest of a topic could not be written yet. */
  waits(topic: string): boolean {
    return this.#journal.has(`retained ${topic}`);
  }

  /**
   * At once; before long where the disk is full or the file locked: what drives an actuator does not wait for that. The
   * journal tells why it waits.
   */
  #store(key: string, write: () => void): void {
    if (this.#journal.has(key)) return this.#journal.mark(key, write);
    try {
      write();
    } catch (cause) {
      if (!isPassing(cause)) throw cause;
      this.#journal.mark(key, write);
    }
  }

  #remember(next: Stored): void {
    const before = this.#stored.get(next.topic);
    if (before) this.#bytes -= sizeOf(before);
    this.#stored.delete(next.topic);
    if (next.payload.length === 0) return;
    this.#stored.set(next.topic, next);
    this.#bytes += sizeOf(next);
  }

  putWill(client: string, { topic, payload, qos, retain }: AedesPublishPacket): void {
    this.#wills.set(client, (this.#wills.get(client) ?? 0) + 1);
    this.#store(`will ${client}`, () => {
      if (retain) this.#sql.putWill.run(client, topic, bytesOf(payload), qos);
      else this.#sql.delWill.run(client);
    });
  }

  /** Also asked for a client that has been taken over by one of the same id: the will of that one stays. */
  delWill(client: string): void {
    const left = (this.#wills.get(client) ?? 0) - 1;
    if (left > 0) this.#wills.set(client, left);
    else if (this.#wills.delete(client))
      this.#store(`will ${client}`, () => void this.#sql.delWill.run(client));
  }
}
