import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Journal } from './journal.ts';
import { queued, type Message, type QueuedPacket } from './queued-packet.ts';
import { bytesOf } from './retained.ts';

export interface QueueLimits {
  /** messages for each session */
  readonly maxQueued: number;
  /** of all sessions together */
  readonly maxQueuedBytes: number;
  /** after so long aedes has asked for a message that it acknowledged, or never will */
  readonly lostAfterMs: number;
}

interface Row {
  readonly write: () => void;
  readonly client: string;
  readonly bytes: number;
  /** undefined until aedes has given the message its number */
  packet: QueuedPacket | undefined;
  gone: boolean;
  /** what it is to aedes in another life */
  readonly restored: QueuedPacket;
}
/** Rows made before the acknowledgement; aedes asks for them by the same payload object. */
interface Early {
  readonly since: number;
  /** undefined where a queue had no room */
  readonly rows: Map<string, Row | undefined>;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mqtt_queue (seq INTEGER PRIMARY KEY, client TEXT NOT NULL, topic TEXT NOT NULL,
    payload BLOB NOT NULL, qos INTEGER NOT NULL, released INTEGER NOT NULL, message_id INTEGER);
`;
/** Stands for the number that aedes gave a message in an earlier life. */
const KEPT = 'kept';
const OVERHEAD_BYTES = 200;

/**
 * Outgoing messages with QoS 1 and 2 of sessions that outlive their connection, in the order in which they came: in
 * memory and in the database. A message is there once per session, and leaves when it is acknowledged.
 */
export class Queues {
  readonly #journal: Journal;
  readonly #database: DatabaseSync;
  readonly #limits: QueueLimits;
  readonly #sql: Record<'put' | 'drop', StatementSync>;
  readonly #rows = new Map<string, Row[]>();
  /** rows of each session, early ones included */
  readonly #counts = new Map<string, number>();
  readonly #early = new Map<Buffer, Early>();
  #bytes = 0;
  #length = 0;
  #dropped = 0;
  #seq = 0;

  constructor(database: DatabaseSync, journal: Journal, limits: QueueLimits) {
    database.exec(SCHEMA);
    this.#database = database;
    this.#journal = journal;
    this.#limits = limits;
    this.#sql = {
      put: database.prepare(`
        INSERT INTO mqtt_queue (seq, client, topic, payload, qos, released, message_id) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (seq) DO UPDATE SET released = excluded.released, message_id = excluded.message_id`),
      drop: database.prepare('DELETE FROM mqtt_queue WHERE seq = ?'),
    };
  }

  /** messages that wait, and how many found no room since the start */
  facts(): { readonly queued: number; readonly dropped: number } {
    return { queued: this.#length, dropped: this.#dropped };
  }

  /** Takes up what an earlier life has left; `isKnown` says whose. */
  load(isKnown: (client: string) => boolean): void {
    const rows = this.#database.prepare('SELECT * FROM mqtt_queue ORDER BY seq').all();
    for (const raw of rows) {
      const seq = Number(raw['seq']);
      this.#seq = Math.max(this.#seq, seq);
      const client = String(raw['client']);
      const message = {
        topic: String(raw['topic']),
        payload: Buffer.from(raw['payload'] as Uint8Array),
        qos: raw['qos'] as Message['qos'],
      };
      const messageId = raw['message_id'] === null ? undefined : Number(raw['message_id']);
      const row = isKnown(client) ? this.#make(client, message, seq) : undefined;
      if (row) {
        row.packet = raw['released'] ? { cmd: 'pubrel', messageId } : { ...row.restored, messageId };
        this.#rowsOf(client).push(row);
      } else {
        this.#journal.mark(seq, () => this.#sql.drop.run(seq));
      }
    }
  }

  /** Makes room for a message before its publisher is told that it arrived. */
  reserve(clients: readonly string[], message: Message): void {
    this.#adoptLost();
    const { payload } = message;
    if (typeof payload === 'string' || this.#early.has(payload)) return;
    const rows = new Map<string, Row | undefined>();
    for (const client of new Set(clients)) rows.set(client, this.#make(client, message));
    this.#early.set(payload, { since: performance.now(), rows });
  }

  /** The message belongs to the queues of these sessions now. */
  add(clients: readonly string[], message: Message): void {
    const { payload } = message;
    const early = typeof payload === 'string' ? undefined : this.#early.get(payload)?.rows;
    if (typeof payload !== 'string') this.#early.delete(payload);
    for (const client of new Set(clients)) {
      const row = early?.has(client) ? early.get(client) : this.#make(client, message);
      early?.delete(client);
      if (!row) continue;
      row.packet = queued(message);
      this.#rowsOf(client).push(row);
    }
    // They ended their subscription meanwhile.
    for (const row of early?.values() ?? []) if (row) this.#drop(row);
  }

  /** Notes the id under which a message was sent, or that it was received (QoS 2); resolves when it may go out. */
  async update(client: string, packet: QueuedPacket): Promise<void> {
    const row = (this.#rows.get(client) ?? []).find(({ packet: own }) =>
      packet.cmd === 'publish'
        ? own?.brokerId === packet.brokerId && own?.brokerCounter === packet.brokerCounter
        : own?.messageId === packet.messageId,
    );
    if (!row?.packet) throw new Error('no such packet');
    row.packet = packet.cmd === 'publish' ? { ...row.packet, messageId: packet.messageId } : packet;
    this.#journal.mark(row, row.write);
    // With QoS 1 a message may come twice, so nothing is lost with its id.
    if (packet.cmd !== 'publish' || row.packet.qos === 2) await this.#journal.commit();
  }

  /** Takes out the message with this id, or with this number where it was never sent; what it was. */
  take(client: string, { messageId, brokerId, brokerCounter }: QueuedPacket): QueuedPacket | undefined {
    const rows = this.#rows.get(client) ?? [];
    const index = rows.findIndex(({ packet: own }) =>
      messageId === undefined
        ? own?.brokerId === brokerId && own?.brokerCounter === brokerCounter
        : own?.messageId === messageId,
    );
    const [row] = index < 0 ? [] : rows.splice(index, 1);
    if (row) this.#drop(row);
    if (rows.length === 0) this.#rows.delete(client);
    return row?.packet;
  }

  list(client: string): QueuedPacket[] {
    this.#adoptLost();
    return (this.#rows.get(client) ?? []).flatMap(({ packet }) => packet ?? []);
  }

  clear(client: string): void {
    for (const row of this.#rows.get(client) ?? []) this.#drop(row);
    this.#rows.delete(client);
  }

  /** A publisher may go between the acknowledgement and the delivery: then the message comes to who returns. */
  #adoptLost(): void {
    for (const [payload, { since, rows }] of this.#early) {
      if (performance.now() - since < this.#limits.lostAfterMs) return;
      this.#early.delete(payload);
      for (const [client, row] of rows) {
        if (!row) continue;
        row.packet = row.restored;
        this.#rowsOf(client).push(row);
      }
    }
  }

  #rowsOf(client: string): Row[] {
    const rows = this.#rows.get(client) ?? [];
    this.#rows.set(client, rows);
    return rows;
  }

  /** A row, or undefined where there is no room. */
  #make(client: string, message: Message, seq = ++this.#seq): Row | undefined {
    const { topic, qos } = message;
    const payload = bytesOf(message.payload);
    const bytes = topic.length + payload.length + OVERHEAD_BYTES;
    const count = this.#counts.get(client) ?? 0;
    if (count >= this.#limits.maxQueued || this.#bytes + bytes > this.#limits.maxQueuedBytes) {
      this.#dropped++;
      return undefined;
    }
    this.#counts.set(client, count + 1);
    this.#length++;
    this.#bytes += bytes;
    const { put, drop } = this.#sql;
    const restored = queued({ topic, payload, qos, brokerId: KEPT, brokerCounter: seq });
    const row: Row = {
      client,
      bytes,
      packet: undefined,
      gone: false,
      restored,
      write: () => {
        const { packet, gone } = row;
        if (gone) drop.run(seq);
        else
          put.run(
            seq,
            client,
            topic,
            payload,
            qos,
            Number(packet?.cmd === 'pubrel'),
            packet?.messageId ?? null,
          );
      },
    };
    this.#journal.mark(row, row.write);
    return row;
  }

  #drop(row: Row): void {
    if (row.gone) return;
    row.gone = true;
    this.#length--;
    this.#bytes -= row.bytes;
    const count = (this.#counts.get(row.client) ?? 0) - 1;
    if (count > 0) this.#counts.set(row.client, count);
    else this.#counts.delete(row.client);
    this.#journal.mark(row, row.write);
  }
}
