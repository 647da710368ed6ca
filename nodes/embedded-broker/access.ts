import type { AedesOptions, AedesPublishPacket, Client } from 'aedes';
import type { Socket } from 'node:net';
import { inTime } from './in-time.ts';
import type { BrokerSettings } from './options.ts';
import { may, type Action, type Rights } from './rights.ts';
import type { Try } from './tries.ts';

/** Who a client is. */
export interface Identity {
  /** blank for a client without a user name */
  readonly name: string;
  readonly rights: Rights;
}

export interface AccessDependencies {
  readonly tryPassword: Try;
  /**
   * Called for a message that is allowed, before it is acknowledged: undefined where nothing has to happen first.
   * `mayWrite` is for further topics.
   */
  readonly store: (
    packet: AedesPublishPacket,
    mayWrite: (topic: string) => boolean,
  ) => Promise<void> | undefined;
  /** Called for a message that was stored when its sender had gone: there is nobody to acknowledge it to. */
  readonly passOn: (packet: AedesPublishPacket) => void;
  /** Called once a client is known and let in; `owner` is blank without a user name. */
  readonly trust: (client: Client, owner: string) => void;
  /** Called for a session that makes room for a new one: the client is away. */
  readonly forget: (client: Client) => Promise<void>;
  readonly warn: (text: string) => void;
  readonly decide?: typeof may;
}

type Hooks = Required<
  Pick<
    AedesOptions,
    'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'
  >
>;
export interface Access extends Hooks {
  readonly admits: (client: Client, filter: string) => boolean;
  /** Takes up the session of a client that is away; false where its owner is no user any more. */
  readonly restore: (client: Client, owner: string) => boolean;
  /** The session of a client that is away has ended. */
  readonly release: (client: Client) => void;
}

/** Return codes of MQTT 3.1.1, section 3.2.2.3. */
const CODES = { identifier: 2, unavailable: 3, password: 4, rights: 5 } as const;
/** Sessions that outlive their connection are kept in memory. */
const MAX_KEPT_SESSIONS = 64;

class Refusal extends Error {
  readonly returnCode: number;
  constructor(reason: keyof typeof CODES, message: string) {
    super(message);
    this.returnCode = CODES[reason];
  }
}

const asRefusal = (cause: unknown): Refusal =>
  cause instanceof Refusal
    ? cause
    : new Refusal('unavailable', cause instanceof Error ? cause.message : String(cause));

export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/i.test(address);

/** The decisions of the broker, as hooks for aedes. Each catches what goes wrong, and then the answer is no. */
export const createAccess = (settings: BrokerSettings, dependencies: AccessDependencies): Access => {
  const { anonymous, users, decisionTimeoutMs } = settings;
  const { tryPassword, store, passOn, trust, forget, warn, decide = may } = dependencies;
  const wills = new WeakMap<Client, { readonly topic: string }>();
  const identities = new WeakMap<Client, Identity>();
  /** Who holds a client id: as long as the connection lasts, and as long as its session is kept. */
  const holders = new Map<string, { readonly name: string; readonly client: Client }>();

  const allowed = (client: Client | null, action: Action, topic: string): boolean => {
    const identity = client ? identities.get(client) : undefined;
    try {
      return identity !== undefined && decide(identity, action, topic);
    } catch (cause) {
      warn(`denied, because the decision failed: ${String(cause)}`);
      return false;
    }
  };
  const report = (cause: unknown): void => warn(`after a decision: ${String(cause)}`);
  const userOf = (client: Client | null): string => (client && identities.get(client)?.name) || 'anonymous';

  const identify = async (
    client: Client,
    name: string | undefined,
    password: Buffer | undefined,
  ): Promise<Identity> => {
    const { remoteAddress } = client.conn as Socket;
    if (name === undefined) {
      if (!(isLoopback(remoteAddress) ? anonymous.loopback : anonymous.elsewhere))
        throw new Refusal('rights', `clients from ${remoteAddress} need a user name`);
      return { name: '', rights: anonymous.rights };
    }
    const user = users.get(name);
    const outcome = await tryPassword(
      remoteAddress ?? '',
      name,
      password ?? Buffer.alloc(0),
      user?.passwordHash,
    );
    if (outcome === 'limited')
      throw new Refusal('unavailable', `too many wrong passwords for ${JSON.stringify(name.slice(0, 40))}`);
    if (outcome !== 'right' || !user)
      throw new Refusal('password', `wrong user name or password for ${JSON.stringify(name.slice(0, 40))}`);
    return user;
  };

  /** Of too many sessions the oldest whose client is away is given up. */
  const makeRoom = (): void => {
    const kept = [...holders].filter(([, other]) => !other.client.clean);
    if (kept.length < MAX_KEPT_SESSIONS) return;
    const [id, away] = kept.find(([, other]) => other.client.conn.destroyed) ?? [];
    if (id === undefined || !away)
      throw new Refusal('unavailable', `more than ${MAX_KEPT_SESSIONS} sessions to keep`);
    holders.delete(id);
    forget(away.client).catch(report);
  };

  /** The last checks and the claim on the client id, in one go, so that nobody comes in between. */
  const admit = (client: Client, identity: Identity): void => {
    const will = wills.get(client);
    if (will && !decide(identity, 'write', will.topic))
      throw new Refusal('rights', `last will: may not write ${JSON.stringify(will.topic)}`);
    const holder = holders.get(client.id);
    if (holder && holder.name !== identity.name)
      throw new Refusal('identifier', 'the client id belongs to another user');
    if (!client.clean && !holder) makeRoom();
    if (client.conn.destroyed) throw new Refusal('unavailable', 'gone before it was let in');
    holders.set(client.id, { name: identity.name, client });
    client.conn.once('close', () => {
      if (client.clean && holders.get(client.id)?.client === client) holders.delete(client.id);
    });
    identities.set(client, identity);
    trust(client, identity.name);
  };

  const storeFirst = (client: Client | null, packet: AedesPublishPacket): Promise<void> | undefined => {
    try {
      return store(packet, (topic) => allowed(client, 'write', topic));
    } catch (cause) {
      return Promise.reject(cause);
    }
  };

  return {
    preConnect(client, { will }, done) {
      if (will) wills.set(client, will);
      done(null, true);
    },
    authenticate(client, name, password, done) {
      inTime(identify(client, name, password), decisionTimeoutMs)
        .then((identity) => {
          admit(client, identity);
          return null;
        })
        .catch(asRefusal)
        .then((refusal) => done(refusal, refusal === null))
        .catch(report);
    },
    authorizePublish(client, packet, done) {
      if (!allowed(client, 'write', packet.topic)) {
        done(new Error(`${userOf(client)} may not write ${JSON.stringify(packet.topic.slice(0, 80))}`));
        return;
      }
      const message = packet as AedesPublishPacket;
      const pending = storeFirst(client, message);
      if (!pending) return done();
      const isWill = client !== null && wills.get(client) === packet;
      const stored = (): void => {
        if (client?.closed && packet.qos === 1 && !isWill) {
          passOn(message);
          done(new Error('gone before its message was acknowledged'));
        } else done();
      };
      pending.then(stored, done).catch(report);
    },
    authorizeSubscribe(client, subscription, done) {
      if (allowed(client, 'read', subscription.topic)) return done(null, subscription);
      warn(`${userOf(client)} may not read ${JSON.stringify(subscription.topic.slice(0, 80))}`);
      done(null, null);
    },
    /** Again for every message: a queue may hold what its session had no right to. */
    authorizeForward: (client, packet) => (allowed(client, 'read', packet.topic) ? packet : null),
    admits: (client, filter) => allowed(client, 'read', filter),
    restore(client, owner) {
      const identity = owner === '' ? { name: '', rights: anonymous.rights } : users.get(owner);
      if (!identity || holders.size >= MAX_KEPT_SESSIONS) return false;
      identities.set(client, identity);
      holders.set(client.id, { name: owner, client });
      return true;
    },
    release(client) {
      if (holders.get(client.id)?.client === client) holders.delete(client.id);
    },
  };
};
