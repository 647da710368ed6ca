import type { DatabaseSync } from 'node:sqlite';
import { migrate } from '../lib/migrate.ts';
import { durably } from '../lib/state-file.ts';
import type { Outgoing } from './limits.ts';

/** A message that waits, by its number. */
export interface Row {
  readonly seq: number;
  readonly message: Outgoing;
}
/** What may wait at most. */
export interface Room {
  readonly messages: number;
  readonly bytes: number;
}
/** The messages of one node that wait, in the state file: a row each, so that one more costs one more row. */
export interface Waiting {
  readonly count: number;
  /** Gives up the oldest for which there is no room; `lost` is told how many, to write it in the same transaction. */
  add(message: Outgoing, lost: (messages: number) => void): number;
  /** The oldest with a number above `seq`. */
  after(seq: number): Row | undefined;
  /** False where it is not there (any more). */
  remove(seq: number): boolean;
  clear(): void;
}

/**
 * Step 1 finds its table in a file that has no versions yet. Step 2: a number is never given twice, not even after
 * everything has gone and the plant has started anew.
 */
const STEPS = [
  `CREATE TABLE IF NOT EXISTS outbox (
    path TEXT NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, text INTEGER NOT NULL, qos INTEGER NOT NULL,
    retain INTEGER NOT NULL, PRIMARY KEY (path, seq)
  ) WITHOUT ROWID`,
  `ALTER TABLE outbox RENAME TO outbox_before;
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, text INTEGER NOT NULL,
    qos INTEGER NOT NULL, retain INTEGER NOT NULL
  );
  CREATE INDEX outbox_path ON outbox (path);
  INSERT INTO outbox SELECT max(seq) OVER () + row_number() OVER (ORDER BY path, seq), path, topic, payload, text, qos, retain
    FROM outbox_before;
  DROP TABLE outbox_before;`,
];
const BYTES = 'length(CAST(topic AS BLOB)) + length(payload)';

/**
 * Opens what waits for the node at `path`; every call is in the file when it returns, or throws. What is added outlives
 * a power cut, what is removed then may come again.
 */
export const openWaiting = (database: DatabaseSync, path: string, room: Room): Waiting => {
  migrate(database, 'mqtt-outbox', STEPS);
  const known = database
    .prepare(`SELECT count(*) AS count, coalesce(sum(${BYTES}), 0) AS bytes FROM outbox WHERE path = ?`)
    .get(path);
  let [count, bytes] = [Number(known?.['count']), Number(known?.['bytes'])];
  const insert = database.prepare(
    'INSERT INTO outbox (path, topic, payload, text, qos, retain) VALUES (?, ?, ?, ?, ?, ?)',
  );
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
  const insertOne = ({ topic, payload, qos, retain }: Outgoing): void => {
    const isText = typeof payload === 'string';
    const written = isText ? Buffer.from(payload) : payload;
    insert.run(path, topic, written, isText ? 1 : 0, qos, retain ? 1 : 0);
    count++;
    bytes += Buffer.byteLength(topic) + written.length;
  };
  const dropOldest = (): void => {
    const oldest = after(0);
    if (oldest) remove(oldest.seq);
  };
  return {
    get count() {
      return count;
    },
    add(message, lost) {
      const before = [count, bytes] as const;
      try {
        return durably(database, () => {
          insertOne(message);
          const all = count;
          while (count > room.messages || bytes > room.bytes) dropOldest();
          if (count < all) lost(all - count);
          return all - count;
        });
      } catch (cause) {
        [count, bytes] = before;
        throw cause;
      }
    },
    after,
    remove,
    clear() {
      all.run(path);
      [count, bytes] = [0, 0];
    },
  };
};
