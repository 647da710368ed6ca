import { Aedes, type Client } from 'aedes';
import type { EventEmitter } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { stateDatabase } from '../lib/state.ts';
import { createAccess, type AccessDependencies } from './access.ts';
import { frameGuard, type FrameGuard } from './guard.ts';
import { brokerSettings, type BrokerOptions, type BrokerSettings } from './options.ts';
import { passwordVerifier } from './passwords.ts';
import { settleRetained, SqlitePersistence } from './persistence.ts';

export interface Log {
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
}

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** connected clients now; messages received and clients gone with an error since the start */
  stats(): { readonly clients: number; readonly received: number; readonly failed: number };
  /** Ends every connection; what is retained is kept. May be called twice. */
  stop(): Promise<void>;
}

/** Replaced in tests only. */
export type BrokerDependencies = Partial<Pick<AccessDependencies, 'verify' | 'decide'>>;

const MAX_CONNECT_BYTES = 16 * 1024;
const LOG_LINES = 20;
const LOG_PERIOD_MS = 10_000;

/** A log that a client in a loop cannot fill: some lines in a period, then how many were left out. */
const calm = (log: Log): Log => {
  let since = performance.now();
  let lines = 0;
  const pass = (write: (text: string) => void, text: string): void => {
    if (performance.now() - since > LOG_PERIOD_MS) {
      if (lines > LOG_LINES) log.warn(`embedded broker: ${lines - LOG_LINES} lines were left out`);
      since = performance.now();
      lines = 0;
    }
    if (++lines <= LOG_LINES) write(`embedded broker: ${text}`);
  };
  return {
    info: (text) => pass((line) => log.info(line), text),
    warn: (text) => pass((line) => log.warn(line), text),
  };
};

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
  const persistence = new SqlitePersistence(database, {
    admits: (client, filter) => access.admits(client, filter),
  });
  const access = createAccess(settings, {
    verify: passwordVerifier(),
    store: (packet) => persistence.storeEarly(packet),
    forget: (client) => persistence.forget(client),
    trust: ({ conn }) => {
      guards.get(conn)?.trust();
      known.add(conn);
      conn.once('close', () => known.delete(conn));
    },
    warn: (text) => log.warn(text),
    ...dependencies,
  });
  const aedes = await Aedes.createBroker({
    ...access,
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
  let received = 0;
  aedes.on('publish', (_packet, client) => {
    if (client) received++;
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
  };
  const { address, port } = await listen(server, settings).catch(async (cause: unknown) => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    throw cause;
  });
  server.on('error', (error) => log.warn(error.message));
  log.info(`MQTT 3.1.1 on ${address} port ${port}`);
  let stopped: Promise<void> | undefined;
  return {
    host: address,
    port,
    stats: () => ({ clients: known.size, received, failed: failed() }),
    stop: () => (stopped ??= shutDown()),
  };
};
