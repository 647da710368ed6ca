import type { Client, Subscription } from 'aedes';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Journal } from './journal.ts';

type Incoming = { readonly messageId?: number | undefined };
interface Session {
  readonly owner: string;
  client: Client;
  hoursAway: number;
  readonly subscriptions: Map<string, 0 | 1 | 2>;
  /** ids of QoS 2 messages that came in and are not released */
  readonly incoming: Set<number>;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mqtt_session
    (client TEXT PRIMARY KEY, owner TEXT NOT NULL, hours_away INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS mqtt_subscription
    (client TEXT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, PRIMARY KEY (client, filter)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS mqtt_incoming
    (client TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (client, id)) WITHOUT ROWID;
`;
const MAX_INCOMING = 1000;

/** Stands for a client whose session is kept while it is away. */
const away = (id: string): Client => ({ id, clean: false, conn: { destroyed: true } }) as object as Client;

type Sql = Record<
  | 'session'
  | 'noSession'
  | 'subscription'
  | 'noSubscription'
  | 'noSubscriptions'
  | 'incoming'
  | 'noIncoming'
  | 'noIncomings',
  StatementSync
>;
const statements = (database: DatabaseSync): Sql => ({
  session: database.prepare(
    'INSERT OR REPLACE INTO mqtt_session (client, owner, hours_away) VALUES (?, ?, ?)',
  ),
  noSession: database.prepare('DELETE FROM mqtt_session WHERE client = ?'),
  subscription: database.prepare(
    'INSERT OR REPLACE INTO mqtt_subscription (client, filter, qos) VALUES (?, ?, ?)',
  ),
  noSubscription: database.prepare('DELETE FROM mqtt_subscription WHERE client = ? AND filter = ?'),
  noSubscriptions: database.prepare('DELETE FROM mqtt_subscription WHERE client = ?'),
  incoming: database.prepare('INSERT OR REPLACE INTO mqtt_incoming (client, id) VALUES (?, ?)'),
  noIncoming: database.prepare('DELETE FROM mqtt_incoming WHERE client = ? AND id = ?'),
  noIncomings: database.prepare('DELETE FROM mqtt_incoming WHERE client = ?'),
});

/**
 * The sessions that outlive their connection, as far as the database has to know them: whose they are, what they
 * subscribe to, and which QoS 2 messages they are half-way through sending.
 */
export class Sessions {
  readonly #journal: Journal;
  readonly #database: DatabaseSync;
  readonly #sql: Sql;
  readonly #sessions = new Map<string, Session>();

  constructor(database: DatabaseSync, journal: Journal) {
    database.exec(SCHEMA);
    this.#database = database;
    this.#journal = journal;
    this.#sql = statements(database);
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(client: string): boolean {
    return this.#sessions.has(client);
  }

  /** Takes up what an earlier life has left; a session that is not admitted ends. */
  load(admit: (client: Client, owner: string) => boolean): void {
    const all = (sql: string): Record<string, unknown>[] => this.#database.prepare(sql).all();
    for (const { client, owner, hours_away } of all('SELECT * FROM mqtt_session ORDER BY hours_away DESC')) {
      const id = String(client);
      this.#sessions.set(id, {
        owner: String(owner),
        client: away(id),
        hoursAway: Number(hours_away),
        subscriptions: new Map(),
        incoming: new Set(),
      });
    }
    for (const { client, filter, qos } of all('SELECT * FROM mqtt_subscription'))
      this.#sessions.get(String(client))?.subscriptions.set(String(filter), qos as 0 | 1 | 2);
    for (const { client, id } of all('SELECT * FROM mqtt_incoming'))
      this.#sessions.get(String(client))?.incoming.add(Number(id));
    for (const [id, { client, owner }] of this.#sessions) if (!admit(client, owner)) this.end(id);
  }

  /** what was loaded */
  *[Symbol.iterator](): Iterator<Session> {
    yield* this.#sessions.values();
  }

  /** A client with a session to keep has come. */
  begin(client: Client, owner: string): void {
    const { id } = client;
    const session = this.#sessions.get(id);
    if (session) {
      session.client = client;
      if (session.hoursAway === 0) return;
      session.hoursAway = 0;
    } else {
      this.#sessions.set(id, {
        owner,
        client,
        hoursAway: 0,
        subscriptions: new Map(),
        incoming: new Set(),
      });
    }
    this.#markSession(id);
  }

  #markSession(id: string): void {
    this.#journal.mark(`session ${id}`, () => {
      const session = this.#sessions.get(id);
      if (session) this.#sql.session.run(id, session.owner, session.hoursAway);
    });
  }

  end(id: string): void {
    if (!this.#sessions.delete(id)) return;
    const { noSession, noSubscriptions, noIncomings } = this.#sql;
    this.#journal.mark(`end ${id}`, () => {
      for (const statement of [noSession, noSubscriptions, noIncomings]) statement.run(id);
      // Another may have begun since.
      this.#rewrite(id);
    });
  }

  #rewrite(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sql.session.run(id, session.owner, session.hoursAway);
    for (const [filter, qos] of session.subscriptions) this.#sql.subscription.run(id, filter, qos);
    for (const messageId of session.incoming) this.#sql.incoming.run(id, messageId);
  }

  subscribe(client: string, subscriptions: readonly Pick<Subscription, 'topic' | 'qos'>[]): void {
    const own = this.#sessions.get(client)?.subscriptions;
    for (const { topic, qos } of subscriptions) {
      if (!own || own.get(topic) === qos) continue;
      own.set(topic, qos);
      this.#markSubscription(client, topic);
    }
  }

  unsubscribe(client: string, filters: readonly string[]): void {
    const own = this.#sessions.get(client)?.subscriptions;
    for (const filter of filters) if (own?.delete(filter)) this.#markSubscription(client, filter);
  }

  #markSubscription(client: string, filter: string): void {
    // A filter may have blanks, but no NUL.
    this.#journal.mark(`subscription ${client}\0${filter}`, () => {
      const qos = this.#sessions.get(client)?.subscriptions.get(filter);
      if (qos === undefined) this.#sql.noSubscription.run(client, filter);
      else this.#sql.subscription.run(client, filter, qos);
    });
  }

  /** Throws where a session has begun too many messages that it does not release. */
  receive(client: string, { messageId = 0 }: Incoming): void {
    const own = this.#sessions.get(client)?.incoming;
    if (!own) return;
    if (own.size >= MAX_INCOMING && !own.has(messageId))
      throw new Error(`more than ${MAX_INCOMING} QoS 2 messages are not released`);
    own.add(messageId);
    this.#markIncoming(client, messageId);
  }

  release(client: string, { messageId = 0 }: Incoming): void {
    if (this.#sessions.get(client)?.incoming.delete(messageId)) this.#markIncoming(client, messageId);
  }

  #markIncoming(client: string, messageId: number): void {
    this.#journal.mark(`incoming ${messageId} ${client}`, () => {
      if (this.#sessions.get(client)?.incoming.has(messageId)) this.#sql.incoming.run(client, messageId);
      else this.#sql.noIncoming.run(client, messageId);
    });
  }

  /**
   * To be called once an hour: gives the clients that have been away for longer than allowed. Counted are hours in
   * which the broker ran, since the clock of a small computer may be wrong by years.
   */
  age(maxHours: number): Client[] {
    const expired: Client[] = [];
    for (const [id, session] of this.#sessions) {
      const hours = session.client.conn.destroyed ? session.hoursAway + 1 : 0;
      if (hours > maxHours) expired.push(session.client);
      if (hours === session.hoursAway) continue;
      session.hoursAway = hours;
      this.#markSession(id);
    }
    return expired;
  }
}
