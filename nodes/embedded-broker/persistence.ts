import type { AedesPublishPacket, Client, Subscription } from 'aedes';
import MemoryPersistence from 'aedes-persistence/asyncPersistence.js';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { OffRule } from './options.ts';
import { covers } from './rights.ts';

type Stored = Pick<AedesPublishPacket, 'topic' | 'payload' | 'qos'>;

export interface PersistenceOptions {
  /** Whether a client may have a subscription: aedes stores those of a session before it asks. */
  readonly admits?: (client: Client, filter: string) => boolean;
  readonly maxRetainedBytes?: number;
  /** messages for each session that outlives its connection */
  readonly maxQueued?: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mqtt_retained
    (topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS mqtt_will
    (client TEXT PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL) WITHOUT ROWID;
`;
const KEEP = 'INSERT OR REPLACE INTO mqtt_retained (topic, payload, qos) VALUES (?, ?, ?)';
const MIB = 1024 * 1024;
const OVERHEAD_BYTES = 200;

const bytesOf = (payload: string | Buffer): Buffer =>
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
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(`
      INSERT OR REPLACE INTO mqtt_retained (topic, payload, qos) SELECT topic, payload, qos FROM mqtt_will;
      DELETE FROM mqtt_will;`);
    const keep = database.prepare(KEEP);
    for (const { topic, qos } of readRetained(database)) {
      const rule = rules.find(({ filter }) => covers(filter, topic));
      if (rule) keep.run(topic, Buffer.from(rule.payload), qos);
    }
    database.exec('DELETE FROM mqtt_retained WHERE length(payload) = 0; COMMIT;');
  } catch (cause) {
    database.exec('ROLLBACK');
    throw cause;
  }
};

/**
 * Retained messages and retained last wills in SQLite, behind aedes' own store in memory. Subscriptions and queues of
 * sessions stay in memory, within bounds.
 */
export class SqlitePersistence extends MemoryPersistence {
  readonly #database: DatabaseSync;
  readonly #sql: Record<'keep' | 'forget' | 'putWill' | 'delWill', StatementSync>;
  readonly #limits: Required<PersistenceOptions>;
  /** payloads that were stored before their acknowledgement, so that aedes' own store call passes them by */
  readonly #early = new WeakSet<Buffer>();
  readonly #retained = new Map<string, Stored>();
  #retainedBytes = 0;
  readonly #wills = new Map<string, number>();
  readonly #queued = new Map<string, number>();

  constructor(database: DatabaseSync, options: PersistenceOptions = {}) {
    super();
    database.exec(SCHEMA);
    this.#database = database;
    this.#sql = {
      keep: database.prepare(KEEP),
      forget: database.prepare('DELETE FROM mqtt_retained WHERE topic = ?'),
      putWill: database.prepare(
        'INSERT OR REPLACE INTO mqtt_will (client, topic, payload, qos) VALUES (?, ?, ?, ?)',
      ),
      delWill: database.prepare('DELETE FROM mqtt_will WHERE client = ?'),
    };
    this.#limits = { admits: () => true, maxRetainedBytes: 32 * MIB, maxQueued: 1000, ...options };
  }

  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    for (const stored of readRetained(this.#database)) {
      this.#remember(stored);
      await super.storeRetained({
        cmd: 'publish',
        ...stored,
        retain: true,
        dup: false,
      } as AedesPublishPacket);
    }
  }

  /**
   * Stores a retained message before aedes acknowledges it. aedes sends PUBACK first and stores afterwards, handing
   * on a copy of the packet with the same payload object: by that object the second call is recognised.
   */
  async storeEarly(packet: AedesPublishPacket): Promise<void> {
    await this.storeRetained(packet);
    if (typeof packet.payload !== 'string') this.#early.add(packet.payload);
  }

  override async storeRetained(packet: AedesPublishPacket): Promise<void> {
    if (typeof packet.payload !== 'string' && this.#early.delete(packet.payload)) return;
    this.#write({ topic: packet.topic, payload: bytesOf(packet.payload), qos: packet.qos });
    await super.storeRetained(packet);
  }

  #write(next: Stored & { readonly payload: Buffer }): void {
    const { topic, payload, qos } = next;
    const before = this.#retained.get(topic);
    if (payload.length === 0) {
      this.#sql.forget.run(topic);
    } else {
      // A heartbeat repeats what is there already: no write then, which spares an SD card.
      if (before?.qos === qos && payload.equals(bytesOf(before.payload))) return;
      const { maxRetainedBytes } = this.#limits;
      if (this.#retainedBytes - (before ? sizeOf(before) : 0) + sizeOf(next) > maxRetainedBytes)
        throw new Error(`retained messages would take more than ${maxRetainedBytes} bytes`);
      this.#sql.keep.run(topic, payload, qos);
    }
    this.#remember(next);
  }

  #remember(next: Stored): void {
    const before = this.#retained.get(next.topic);
    if (before) this.#retainedBytes -= sizeOf(before);
    this.#retained.delete(next.topic);
    if (next.payload.length === 0) return;
    this.#retained.set(next.topic, next);
    this.#retainedBytes += sizeOf(next);
  }

  override async putWill(client: Client, packet: AedesPublishPacket): Promise<void> {
    await super.putWill(client, packet);
    this.#wills.set(client.id, (this.#wills.get(client.id) ?? 0) + 1);
    if (packet.retain) this.#sql.putWill.run(client.id, packet.topic, bytesOf(packet.payload), packet.qos);
    else this.#sql.delWill.run(client.id);
  }

  override async delWill(client: { id: string; brokerId?: string }): Promise<AedesPublishPacket | undefined> {
    // aedes asks this at a disconnect, also of a client that has been taken over by one of the same id, whose will
    // must stay; and, without a broker id, of a client that comes.
    if (client.brokerId !== undefined) {
      const left = (this.#wills.get(client.id) ?? 0) - 1;
      if (left > 0) this.#wills.set(client.id, left);
      else if (this.#wills.delete(client.id)) this.#sql.delWill.run(client.id);
    }
    return super.delWill(client);
  }

  override async addSubscriptions(client: Client, subs: Subscription[]): Promise<void> {
    await super.addSubscriptions(
      client,
      subs.filter(({ topic }) => this.#limits.admits(client, topic)),
    );
  }

  /** Gives up a session that nobody has come back to: its subscriptions and its queue. */
  async forget(client: Client): Promise<void> {
    await this.cleanSubscriptions(client);
    for await (const packet of this.outgoingStream(client)) await this.outgoingClearMessageId(client, packet);
    this.#queued.delete(client.id);
  }

  /** Takes room in the queue of a session; what finds no room is dropped. */
  #takesRoom(clientId: string): boolean {
    const queued = this.#queued.get(clientId) ?? 0;
    if (queued >= this.#limits.maxQueued) return false;
    this.#queued.set(clientId, queued + 1);
    return true;
  }

  override async outgoingEnqueue(sub: { clientId: string }, packet: AedesPublishPacket): Promise<void> {
    if (this.#takesRoom(sub.clientId)) await super.outgoingEnqueue(sub, packet);
  }

  override async outgoingEnqueueCombi(
    subs: { clientId: string }[],
    packet: AedesPublishPacket,
  ): Promise<void> {
    const roomy = subs.filter(({ clientId }) => this.#takesRoom(clientId));
    await super.outgoingEnqueueCombi(roomy, packet);
  }

  override async outgoingClearMessageId(
    client: Client,
    packet: AedesPublishPacket,
  ): Promise<AedesPublishPacket | undefined> {
    const queued = this.#queued.get(client.id);
    if (queued === undefined) return undefined;
    const cleared = await super.outgoingClearMessageId(client, packet);
    const left = queued - (cleared ? 1 : 0);
    if (left > 0) this.#queued.set(client.id, left);
    else this.#queued.delete(client.id);
    return cleared;
  }
}
