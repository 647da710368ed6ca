import { Aedes, type Client } from 'aedes';
import type { EventEmitter } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createLimiter } from '../lib/rate-limit.ts';
import { stateDatabase } from '../lib/state.ts';
import { createAccess, type AccessDependencies } from './access.ts';
import { frameGuard, type FrameGuard } from './guard.ts';
import type { IngestFacts, WriteSamples } from './ingest.ts';
import { calm, type Log } from './log.ts';
import { brokerSettings, type BrokerOptions, type BrokerSettings } from './options.ts';
import { passwordVerifier, type VerifyPassword } from './passwords.ts';
import { SqlitePersistence, type PersistenceFacts } from './persistence.ts';
import { createRate } from './rate.ts';
import { settleRetained } from './retained.ts';
import { ingestOf, storing } from './storing.ts';
import { limitTries } from './tries.ts';

export interface Broker {
  readonly host: string;
  readonly port: number;
  readonly stats: () => BrokerStats;
  /** why it no longer listens; undefined while it does */
  readonly failure: () => string | undefined;
  /** Ends every connection; what is retained and what is queued is kept. May be called twice. */
  readonly stop: () => Promise<void>;
}

export interface BrokerStats extends PersistenceFacts {
  /** connected now */
  readonly clients: number;
  /** since the start: messages that came in and went out, clients gone with an error */
  readonly received: number;
  readonly sent: number;
  readonly failed: number;
  /** messages a second, of the last ten seconds */
  readonly receivedPerSecond: number;
  readonly sentPerSecond: number;
  /** undefined where no topic is stored */
  readonly ingest: IngestFacts | undefined;
}

export interface BrokerDependencies {
  /** where the topics of `ingest` are stored */
  readonly write?: WriteSamples;
  /** replaced in tests only */
  readonly verify?: VerifyPassword;
  readonly decide?: AccessDependencies['decide'];
}

const MAX_CONNECT_BYTES = 16 * 1024;
const HOUR_MS = 3_600_000;
/** Wrong passwords of a user from one address. */
const TRIES = { limit: 10, windowMs: 60_000, size: 10_000 };
/** Puts a guard before whoever reads the socket: what it refuses is never seen, and the connection ends. */
const guardSocket = (socket: Socket, guard: FrameGuard): void => {
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    const reason = chunk instanceof Uint8Array ? guard.accept(chunk) : undefined;
    if (reason === undefined) return chunk;
    socket.destroy(new Error(reason));
    return null;
  };
};

const listen = (server: Server, { host, port }: BrokerSettings): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void =>
      reject(
        new Error(
          `embedded broker: cannot listen on ${host} port ${port}: ${cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message}`,
        ),
      );
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve(server.address() as AddressInfo);
    });
  });

const watch = (aedes: Aedes, log: Log): (() => number) => {
  let failed = 0;
  const gone = ({ id, conn }: Client, { message, code }: NodeJS.ErrnoException): void => {
    failed++;
    // A link that breaks is daily life; what the broker refuses is for people to know.
    const tell = code === undefined && message !== 'keep alive timeout' ? log.warn : log.info;
    const who = id === null ? 'a stranger' : `client ${JSON.stringify(id.slice(0, 60))}`;
    tell(`${who} at ${(conn as Socket).remoteAddress ?? 'an address unknown'}: ${message}`);
  };
  // An 'error' event that nobody listens to ends the process.
  (aedes as EventEmitter).on('error', (error: Error) => log.warn(error.message));
  aedes.on('clientError', gone);
  aedes.on('connectionError', gone);
  return () => failed;
};

/**
 * Starts an MQTT 3.1.1 broker; it listens once the promise resolves. Rejects, with the option or the port named, when
 * an option cannot be read or the port is taken.
 */
export const createBroker = async (
  options: BrokerOptions,
  target: Log,
  dependencies: BrokerDependencies = {},
): Promise<Broker> => {
  const settings = brokerSettings(options);
  const log = calm(target);
  for (const warning of settings.warnings) log.warn(warning);
  const guards = new WeakMap<object, FrameGuard>();
  // aedes' own count drifts when clients of one id come and go at the same time.
  const known = new Set<object>();
  const database = stateDatabase(settings.dataDir);
  settleRetained(database, settings.offAtStart);
  const monotonic = (): number => performance.now();
  const [received, sent] = [createRate(monotonic), createRate(monotonic)];
  const persistence = new SqlitePersistence(database, {
    admits: (client, filter) => access.admits(client, filter),
    restore: (client, owner) => access.restore(client, owner),
  });
  const ingest = ingestOf(settings, dependencies.write, log);
  const { verify = passwordVerifier(), decide } = dependencies;
  const access = createAccess(settings, {
    tryPassword: limitTries(verify, createLimiter(TRIES, monotonic)),
    store: storing(settings, persistence, ingest),
    passOn: (packet) => aedes.publish(packet, (error) => error && log.warn(error.message)),
    forget: (client) => persistence.forget(client),
    trust: (client, owner) => {
      const { conn } = client;
      guards.get(conn)?.trust();
      known.add(conn);
      conn.once('close', () => known.delete(conn));
      persistence.begin(client, owner);
    },
    warn: (text) => log.warn(text),
    ...(decide ? { decide } : {}),
  });
  const aedes = await Aedes.createBroker({
    ...access,
    authorizeForward: (client, packet) => {
      const passed = access.authorizeForward(client, packet);
      if (passed) sent.count();
      return passed;
    },
    persistence,
    connectTimeout: settings.connectTimeoutMs,
    drainTimeout: settings.drainTimeoutMs,
    keepaliveLimit: 300,
    maxTopicLevels: 16,
    maxInflightInbound: 100,
    queueLimit: 42,
    concurrency: 100,
  });
  // aedes takes a broker for dead whose heartbeat lies back in wall time, and then publishes the wills of its clients;
  // a clock that jumps must not do that to ourselves.
  Object.defineProperty(aedes.brokers, aedes.id, { enumerable: true, get: () => Infinity, set: () => {} });
  const failed = watch(aedes, log);
  aedes.on('publish', (_packet, client) => {
    if (client) received.count();
  });

  const sockets = new Set<Socket>();
  const server = createServer(
    { noDelay: true, keepAlive: true, highWaterMark: MAX_CONNECT_BYTES },
    (socket) => {
      const guard = frameGuard({
        maxConnectBytes: MAX_CONNECT_BYTES,
        maxPacketBytes: settings.maxPacketBytes,
      });
      guards.set(socket, guard);
      guardSocket(socket, guard);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      aedes.handle(socket);
    },
  );
  server.maxConnections = settings.maxClients;
  server.on('drop', () => log.warn(`a client was turned away: ${settings.maxClients} are connected`));

  const shutDown = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => aedes.close(resolve));
    for (const socket of sockets) socket.destroy();
    await ended;
    clearInterval(aging);
    persistence.flush();
  };
  const { address, port } = await listen(server, settings).catch(async (cause: unknown) => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    throw cause;
  });
  const aging = setInterval(() => {
    for (const client of persistence.age(settings.sessionHours)) {
      access.release(client);
      persistence.forget(client).catch((cause: unknown) => log.warn(`a session: ${String(cause)}`));
    }
  }, HOUR_MS);
  aging.unref();
  let failure: string | undefined;
  server.on('error', (error) => {
    failure = error.message;
    log.warn(error.message);
  });
  log.info(`MQTT 3.1.1 on ${address} port ${port}`);
  let stopped: Promise<void> | undefined;
  return {
    host: address,
    port,
    stats: () => ({
      clients: known.size,
      received: received.total,
      sent: sent.total,
      failed: failed(),
      receivedPerSecond: received.perSecond(),
      sentPerSecond: sent.perSecond(),
      ...persistence.facts(),
      ingest: ingest?.facts(),
    }),
    failure: () => (server.listening ? undefined : (failure ?? 'it was stopped')),
    stop: () => (stopped ??= shutDown()),
  };
};
