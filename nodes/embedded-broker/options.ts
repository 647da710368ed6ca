import { readFileSync, statSync } from 'node:fs';
import { isRecord } from '../lib/signal.ts';
import type { IngestSettings } from './ingest.ts';
import { isPasswordHash } from './passwords.ts';
import { covers, rightsOf, type Right, type Rights } from './rights.ts';

/** A user as the credentials file holds it. */
export interface UserRecord {
  readonly name: string;
  /** from `hashPassword` */
  readonly passwordHash: string;
  readonly rights: readonly Right[];
  /** for those who read the file; the broker goes by the rights alone */
  readonly role?: string;
}

/** Retained messages whose topic matches the filter are rewritten to the payload before the broker listens. */
export interface OffRule {
  readonly filter: string;
  readonly payload: string;
}

/** `settings.pilotPlant.broker`. */
export interface BrokerOptions {
  readonly host?: string;
  /** 0 takes a free port */
  readonly port?: number;
  /** where retained messages are kept; without it they live in memory */
  readonly dataDir?: string | undefined;
  readonly users?: readonly UserRecord[];
  /** a JSON file `{ "users": [...] }` with mode 0600 */
  readonly usersFile?: string | undefined;
  /** from where clients without a user name are let in */
  readonly anonymous?: { readonly loopback?: boolean; readonly elsewhere?: boolean };
  /** what they may read and write */
  readonly anonymousFilter?: string;
  readonly maxClients?: number;
  readonly connectTimeoutMs?: number;
  readonly drainTimeoutMs?: number;
  /** how long a decision about a client may take before it is a no */
  readonly decisionTimeoutMs?: number;
  readonly maxPacketBytes?: number;
  /** of several rules that match, the first counts */
  readonly offAtStart?: readonly OffRule[];
  /** how long a session is kept whose client stays away */
  readonly sessionHours?: number;
  /** messages that are measurements: stored before they are acknowledged */
  readonly ingest?: IngestOptions;
}

export interface IngestOptions {
  /** topic filters; what is retained there is stored and passed on, but not retained */
  readonly topics: readonly string[];
  /** what the name of the series lacks at the front of the topic */
  readonly prefix?: string;
  /** longer than a database may take before its outbox stands in */
  readonly timeoutMs?: number;
  /** as in DATABASE_URL; blank: the SQLite file in the data folder */
  readonly databaseUrl?: string;
}

export interface User {
  readonly name: string;
  readonly passwordHash: string;
  readonly rights: Rights;
}

/** Options that have been checked and completed. */
export interface BrokerSettings extends Required<
  Omit<BrokerOptions, 'dataDir' | 'users' | 'usersFile' | 'anonymous' | 'anonymousFilter' | 'ingest'>
> {
  readonly dataDir: string | undefined;
  readonly users: ReadonlyMap<string, User>;
  readonly anonymous: { readonly loopback: boolean; readonly elsewhere: boolean; readonly rights: Rights };
  readonly ingest: IngestSettings | undefined;
  /** what is not as it should be, but no reason to stay away */
  readonly warnings: readonly string[];
}

const refuse = (name: string, wanted: string, value: unknown): never => {
  throw new Error(
    `broker.${name}: must be ${wanted}, got ${JSON.stringify(value)?.slice(0, 60) ?? 'nothing'}`,
  );
};

const whole = (name: string, value: number, min: number, max = 2 ** 31 - 1): number =>
  Number.isInteger(value) && value >= min && value <= max
    ? value
    : refuse(name, `a whole number from ${min} to ${max}`, value);

const isRight = (value: unknown): value is Right =>
  isRecord(value) &&
  typeof value['filter'] === 'string' &&
  ['read', 'write', 'readwrite'].includes(String(value['allow']));

const readUser = (raw: unknown, place: string): User => {
  if (!isRecord(raw)) return refuse(place, 'an object', raw);
  const { name, passwordHash, rights } = raw;
  if (typeof name !== 'string' || name === '') return refuse(`${place}.name`, 'a name', name);
  // The value stays out of the message: somebody may have put the password itself there.
  if (typeof passwordHash !== 'string' || !isPasswordHash(passwordHash))
    throw new Error(`broker.${place}.passwordHash: must be a scrypt hash`);
  if (!Array.isArray(rights) || !rights.every(isRight))
    return refuse(`${place}.rights`, 'a list of { allow: read, write or readwrite, filter }', rights);
  return { name, passwordHash, rights: readRights(rights, `${place}.rights`) };
};

const readRights = (rights: readonly Right[], place: string): Rights => {
  const bad = rights.find(({ filter }) => !covers(filter, filter));
  return bad ? refuse(`${place}.filter`, 'a topic filter', bad.filter) : rightsOf(rights);
};

const readUsers = (list: readonly unknown[], place: string): Map<string, User> => {
  const users = new Map<string, User>();
  for (const [i, raw] of list.entries()) {
    const user = readUser(raw, `${place}[${i}]`);
    if (users.has(user.name)) refuse(`${place}[${i}].name`, 'unique', user.name);
    users.set(user.name, user);
  }
  return users;
};

const readUsersFile = (path: string): unknown[] => {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    // A parse error quotes the text around the fault, which may be a secret: only its kind is told.
    const code = cause instanceof SyntaxError ? 'it is not JSON' : String(Reflect.get(Object(cause), 'code'));
    throw new Error(`broker.usersFile: ${path} cannot be read (${code})`);
  }
  const users = isRecord(content) ? content['users'] : undefined;
  return Array.isArray(users) ? users : refuse('usersFile', `{ "users": [...] } in ${path}`, typeof users);
};

const readIngest = ({ topics, prefix = '', timeoutMs = 10_000 }: IngestOptions): IngestSettings => {
  for (const filter of topics) if (!covers(filter, filter)) refuse('ingest.topics', 'topic filters', filter);
  return { topics, prefix, timeoutMs: whole('ingest.timeoutMs', timeoutMs, 1) };
};

/** Checks and completes the options; throws an error that names the option and the value. */
export const brokerSettings = (options: BrokerOptions): BrokerSettings => {
  const { usersFile, users = [], offAtStart = [] } = options;
  const warnings: string[] = [];
  if (usersFile !== undefined && (statSync(usersFile, { throwIfNoEntry: false })?.mode ?? 0) & 0o077)
    warnings.push(`${usersFile} can be read by others; its mode should be 0600`);
  for (const { filter } of offAtStart)
    if (!covers(filter, filter)) refuse('offAtStart.filter', 'a topic filter', filter);
  return {
    host: options.host ?? '127.0.0.1',
    port: whole('port', options.port ?? 1883, 0, 65_535),
    dataDir: options.dataDir,
    users: readUsers([...users, ...(usersFile === undefined ? [] : readUsersFile(usersFile))], 'users'),
    anonymous: {
      loopback: options.anonymous?.loopback ?? true,
      elsewhere: options.anonymous?.elsewhere ?? false,
      rights: readRights(
        [{ allow: 'readwrite', filter: options.anonymousFilter ?? 'OLP/device/#' }],
        'anonymousFilter',
      ),
    },
    maxClients: whole('maxClients', options.maxClients ?? 200, 1),
    connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs ?? 5000, 1),
    drainTimeoutMs: whole('drainTimeoutMs', options.drainTimeoutMs ?? 5000, 1),
    decisionTimeoutMs: whole('decisionTimeoutMs', options.decisionTimeoutMs ?? 4000, 1),
    maxPacketBytes: whole('maxPacketBytes', options.maxPacketBytes ?? 262_144, 1024, 268_435_455),
    offAtStart,
    sessionHours: whole('sessionHours', options.sessionHours ?? 7 * 24, 1),
    ingest: options.ingest && readIngest(options.ingest),
    warnings,
  };
};
