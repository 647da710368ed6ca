import type { DatabaseSync } from 'node:sqlite';
import type { Outgoing } from './limits.ts';

/** A message that waits, by its number. */
export interface Row {
  readonly seq: number;
  readonly message: Outgoing;
}
/** The messages of one node that wait, in the state file: a row each, so that one more costs one more row. */
export interface Waiting {
  readonly count: number;
  readonly bytes: number;
  add(message: Outgoing): void;
  /** The oldest with a number above `seq`. */
  after(seq: number): Row | undefined;
  /** False where it is not there (any more). */
  remove(seq: number): boolean;
  /** Gives up the oldest. */
  drop(): void;
  clear(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS outbox (
    path TEXT NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, text INTEGER NOT NULL, qos INTEGER NOT NULL,
    retain INTEGER NOT NULL, PRIMARY KEY (path, seq)
  ) WITHOUT ROWID;
`;
const BYTES = 'length(CAST(topic AS BLOB)) + length(payload)';

/** Opens what waits for the node at `path`; every call is in the file when it returns, or throws. */
export const openWaiting = (database: DatabaseSync, path: string): Waiting => {
  database.exec(SCHEMA);
  const known = database
    .prepare(
      `SELECT count(*) AS count, coalesce(sum(${BYTES}), 0) AS bytes, coalesce(max(seq), 0) AS last FROM outbox WHERE path = ?`,
    )
    .get(path);
  let [count, bytes, last] = [Number(known?.['count']), Number(known?.['bytes']), Number(known?.['last'])];
  const insert = database.prepare('INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)');
  const next = database.prepare('SELECT * FROM outbox WHERE path = ? AND seq > ? ORDER BY seq LIMIT 1');
  const take = database.prepare(`DELETE FROM outbox WHERE path = ? AND seq = ? RETURNING ${BYTES} AS bytes`);
  const all = database.prepare('DELETE FROM outbox WHERE path = ?');

  const remove = (seq: number): boolean => {
    const gone = take.get(path, seq);
    if (!gone) return false;
    count--;
    bytes -= Number(gone['bytes']);
    return true;
  };
  const after = (seq: number): Row | undefined => {
    const row = next.get(path, seq);
    if (!row) return undefined;
    // Text as bytes, too: SQLite ends a text at its first NUL.
    const payload = Buffer.from(row['payload'] as Uint8Array);
    return {
      seq: Number(row['seq']),
      message: {
        topic: String(row['topic']),
        payload: row['text'] === 1 ? payload.toString() : payload,
        qos: Number(row['qos']),
        retain: row['retain'] === 1,
      },
    };
  };
  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    add({ topic, payload, qos, retain }) {
      const isText = typeof payload === 'string';
      const written = isText ? Buffer.from(payload) : payload;
      insert.run(path, last + 1, topic, written, isText ? 1 : 0, qos, retain ? 1 : 0);
      last++;
      count++;
      bytes += Buffer.byteLength(topic) + written.length;
    },
    after,
    remove,
    drop() {
      const oldest = after(0);
      if (oldest) remove(oldest.seq);
    },
    clear() {
      all.run(path);
      [count, bytes] = [0, 0];
    },
  };
};
