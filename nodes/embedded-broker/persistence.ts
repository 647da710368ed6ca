import type { AedesPublishPacket, Client, Subscription } from 'aedes';
import MemoryPersistence from 'aedes-persistence/asyncPersistence.js';
import type { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { Journal } from './journal.ts';
import type { QueuedPacket } from './queued-packet.ts';
import { Queues } from './queues.ts';
import { Retained } from './retained.ts';
import { Sessions } from './sessions.ts';

export interface PersistenceOptions {
  /** Whether a client may have a subscription: aedes stores those of a session before it asks. */
  readonly admits?: (client: Client, filter: string) => boolean;
  /** Whether a session of an earlier life may go on; `client` stands for who is away. */
  readonly restore?: (client: Client, owner: string) => boolean;
  readonly maxRetainedBytes?: number;
  /** messages for each session that outlives its connection, and bytes for all of them */
  readonly maxQueued?: number;
  readonly maxQueuedBytes?: number;
  /** when a message that was acknowledged and not passed on counts as lost on its way, and is queued */
  readonly lostAfterMs?: number;
}

export interface PersistenceFacts {
  readonly sessions: number;
  readonly queued: number;
  /** messages that found no room in a queue since the start */
  readonly dropped: number;
  readonly retainedBytes: number;
  /** why sessions and queues cannot be written; undefined while they can */
  readonly unwritten: string | undefined;
}

const MIB = 1024 * 1024;

/**
 * What an MQTT broker has to remember, in SQLite, behind aedes' own store in memory: retained messages, retained last
 * wills, and the sessions that outlive their connection with their subscriptions and queues. Nothing is written for a
 * message with QoS 0 that is not retained.
 */
export class SqlitePersistence extends MemoryPersistence {
  readonly #limits: Required<PersistenceOptions>;
  readonly #journal: Journal;
  readonly #retained: Retained;
  readonly #sessions: Sessions;
  readonly #queues: Queues;
  /** payloads that were retained before their acknowledgement, so that aedes' own store call passes them by */
  readonly #early = new WeakSet<Buffer>();

  constructor(database: DatabaseSync, options: PersistenceOptions = {}) {
    super();
    this.#limits = {
      admits: () => true,
      restore: () => true,
      maxRetainedBytes: 32 * MIB,
      maxQueued: 1000,
      maxQueuedBytes: 64 * MIB,
      lostAfterMs: 30_000,
      ...options,
    };
    this.#journal = new Journal(database);
    this.#retained = new Retained(database, this.#journal, this.#limits.maxRetainedBytes);
    this.#sessions = new Sessions(database, this.#journal);
    this.#queues = new Queues(database, this.#journal, this.#limits);
  }

  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    for (const stored of this.#retained.load())
      await super.storeRetained({
        cmd: 'publish',
        ...stored,
        retain: true,
        dup: false,
      } as AedesPublishPacket);
    this.#sessions.load(this.#limits.restore);
    for (const { client, subscriptions, incoming } of this.#sessions) {
      await this.addSubscriptions(
        client,
        [...subscriptions].map(([topic, qos]) => ({ topic, qos })),
      );
      for (const messageId of incoming)
        await super.incomingStorePacket(client, { cmd: 'publish', messageId } as AedesPublishPacket);
    }
    this.#queues.load((client) => this.#sessions.has(client));
  }

  facts(): PersistenceFacts {
    return {
      sessions: this.#sessions.size,
      ...this.#queues.facts(),
      retainedBytes: this.#retained.bytes,
      unwritten: this.#journal.reason,
    };
  }

  /** Writes what waits for its turn. */
  flush(): void {
    this.#journal.flush();
  }

  /** A client is let in. What it left behind stays only if it says so. */
  begin(client: Client, owner: string): void {
    if (client.clean) {
      this.#sessions.end(client.id);
      this.#queues.clear(client.id);
    } else this.#sessions.begin(client, owner);
  }

  /** Gives up a session that nobody has come back to: its subscriptions and its queue. */
  async forget(client: Client): Promise<void> {
    this.#sessions.end(client.id);
    this.#queues.clear(client.id);
    await super.cleanSubscriptions(client);
    await super.cleanIncoming(client);
  }

  /** To be called once an hour: the clients that have been away for too long. */
  age(maxHours: number): Client[] {
    return this.#sessions.age(maxHours);
  }

  /**
   * Stores a message before aedes acknowledges it, which itself acknowledges QoS 1 first and stores afterwards. It
   * hands on a copy of the packet with the same payload object: by that object the second call is recognised.
   * Undefined where there is nothing to store.
   */
  storeEarly(packet: AedesPublishPacket): Promise<void> | undefined {
    return packet.retain || this.#sessions.size > 0 ? this.#storeEarly(packet) : undefined;
  }

  async #storeEarly(packet: AedesPublishPacket): Promise<void> {
    if (packet.retain) {
      await this.storeRetained(packet);
      if (typeof packet.payload !== 'string') this.#early.add(packet.payload);
    }
    const sessions = this.#sessions.size === 0 ? [] : await this.subscriptionsByTopic(packet.topic);
    if (sessions.length > 0)
      this.#queues.reserve(
        sessions.map(({ clientId }) => clientId),
        packet,
      );
    if (sessions.length > 0 || this.#retained.waits(packet.topic)) await this.#journal.commit();
  }

  override async storeRetained(packet: AedesPublishPacket): Promise<void> {
    if (typeof packet.payload !== 'string' && this.#early.delete(packet.payload)) return;
    this.#retained.write(packet);
    await super.storeRetained(packet);
  }

  override async putWill(client: Client, packet: AedesPublishPacket): Promise<void> {
    await super.putWill(client, packet);
    this.#retained.putWill(client.id, packet);
  }

  override async delWill(client: { id: string; brokerId?: string }): Promise<AedesPublishPacket | undefined> {
    // aedes asks this at a disconnect and, without a broker id, of a client that comes.
    if (client.brokerId !== undefined) this.#retained.delWill(client.id);
    return super.delWill(client);
  }

  override async addSubscriptions(client: Client, subs: readonly Subscription[]): Promise<void> {
    const admitted = subs.filter(({ topic }) => this.#limits.admits(client, topic));
    await super.addSubscriptions(client, admitted);
    this.#sessions.subscribe(client.id, admitted);
    await this.#journal.commit();
  }

  override async removeSubscriptions(client: Client, filters: string[]): Promise<void> {
    await super.removeSubscriptions(client, filters);
    this.#sessions.unsubscribe(client.id, filters);
    await this.#journal.commit();
  }

  async outgoingEnqueue({ clientId }: { clientId: string }, packet: AedesPublishPacket): Promise<void> {
    this.#queues.add([clientId], packet);
  }

  async outgoingEnqueueCombi(subs: { clientId: string }[], packet: AedesPublishPacket): Promise<void> {
    this.#queues.add(
      subs.map(({ clientId }) => clientId),
      packet,
    );
  }

  outgoingUpdate(client: Client, packet: QueuedPacket): Promise<void> {
    return this.#queues.update(client.id, packet);
  }

  async outgoingClearMessageId(client: Client, packet: QueuedPacket): Promise<QueuedPacket | undefined> {
    // Of a message that fits two subscriptions aedes clears the second copy: there is only one, and it waits.
    if (packet.messageId === undefined && this.#limits.admits(client, packet.topic ?? '')) return undefined;
    return this.#queues.take(client.id, packet);
  }

  outgoingStream(client: Client): Readable {
    return Readable.from(this.#queues.list(client.id));
  }

  /** A message with QoS 2 is stored and noted in one, so that it is neither lost nor there twice. */
  override async incomingStorePacket(client: Client, packet: AedesPublishPacket): Promise<void> {
    this.#sessions.receive(client.id, packet);
    await super.incomingStorePacket(client, packet);
    try {
      await this.#storeEarly(packet);
      await this.#journal.commit();
    } catch (cause) {
      await this.incomingDelPacket(client, packet);
      throw cause;
    }
  }

  override async incomingDelPacket(client: Client, packet: { messageId?: number }): Promise<void> {
    await super.incomingDelPacket(client, packet);
    this.#sessions.release(client.id, packet);
  }
}
