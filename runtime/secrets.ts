import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { UserRecord } from '../nodes/embedded-broker/options.ts';
import { hashPassword } from '../nodes/embedded-broker/passwords.ts';
import { isRecord } from '../nodes/lib/signal.ts';
import { readJson, writePrivate } from './files.ts';
import { Refusal } from './refusal.ts';

/** admin edits and deploys; operator reads the editor and acts on the pages; viewer looks. */
export type Role = 'admin' | 'operator' | 'viewer';
export const roles: readonly Role[] = ['admin', 'operator', 'viewer'];

export interface StoredUser {
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
}

/** What must stay on this machine. Passwords are hashed, but for the one the flows use on the broker. */
export interface Secrets {
  readonly credentialSecret: string;
  readonly sessionKey: string;
  readonly users: readonly StoredUser[];
  /** the flows' own user on the embedded broker */
  readonly service: { readonly name: string; readonly password: string; readonly passwordHash: string };
  /** the other users of the embedded broker */
  readonly mqttUsersFile: string;
}

/** A password that was just made: shown once, then only its hash is left. */
export interface Generated {
  readonly where: 'pages and editor' | 'MQTT';
  readonly name: string;
  readonly password: string;
}

type Keys = Pick<Secrets, 'credentialSecret' | 'sessionKey' | 'service'>;

/** Without the letters that people mix up: i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** What a reactor tells its records, and what it is told: `/<city>/<zip>/<id>/...`. */
const reactorTopics = {
  toldBy: ['updateBatchStatus', 'updateJournal', 'measure', 'updateBioreactorAvailable', '/+/+/+/status'],
  told: ['/+/+/+/receiveBatch', '/+/+/+/command'],
};
const rights = (allow: 'readwrite' | 'read' | 'write', filters: readonly string[]): UserRecord['rights'] =>
  filters.map((filter) => ({ allow, filter }));

/** A password that can be typed from paper: 20 letters of 5 bits, so 100 bits, in four groups. */
export const generatePassword = (): string =>
  Array.from(randomBytes(20), (byte) => ALPHABET.charAt(byte & 31))
    .join('')
    .replace(/(.{5})(?=.)/g, '$1-');

const files = (
  dataDir: string,
): { readonly keys: string; readonly users: string; readonly mqttUsers: string } => {
  const inFolder = (name: string): string => join(dataDir, 'secrets', name);
  return {
    keys: inFolder('keys.json'),
    users: inFolder('users.json'),
    mqttUsers: inFolder('mqtt-users.json'),
  };
};

const text = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isUser = (value: unknown): value is StoredUser =>
  isRecord(value) &&
  text(value['name']) &&
  text(value['passwordHash']) &&
  roles.some((role) => role === value['role']);

const isKeys = (value: unknown): value is Keys =>
  isRecord(value) &&
  text(value['credentialSecret']) &&
  text(value['sessionKey']) &&
  isRecord(value['service']) &&
  ['name', 'password', 'passwordHash'].every((key) => text(Reflect.get(value['service'] ?? {}, key)));

const readKeys = (path: string): Keys | undefined => {
  const keys = readJson(path);
  if (keys === undefined || isKeys(keys)) return keys;
  throw new Refusal(`${path}: must hold credentialSecret, sessionKey and service`);
};

const readUsers = (path: string): StoredUser[] | undefined => {
  const content = readJson(path);
  if (content === undefined) return undefined;
  const users = isRecord(content) ? content['users'] : undefined;
  if (Array.isArray(users) && users.every(isUser)) return users;
  throw new Refusal(`${path}: must hold users with name, role (${roles.join(', ')}) and passwordHash`);
};

/** What an earlier start left in the data folder; undefined where there has been none. `secret` wins over the file's. */
export const storedSecrets = (dataDir: string, secret?: string): Secrets | undefined => {
  const { keys: keysFile, users: usersFile, mqttUsers } = files(dataDir);
  const keys = readKeys(keysFile);
  const users = readUsers(usersFile);
  if (!keys || !users) return undefined;
  return { ...keys, credentialSecret: secret ?? keys.credentialSecret, users, mqttUsersFile: mqttUsers };
};

const makeKeys = async (): Promise<Keys> => {
  const password = generatePassword();
  return {
    credentialSecret: randomBytes(32).toString('base64url'),
    sessionKey: randomBytes(32).toString('base64url'),
    service: { name: 'plant', password, passwordHash: await hashPassword(password) },
  };
};

const json = (content: object): string => JSON.stringify(content, null, 4);

/**
 * The secrets of a data folder. What is missing is made and written (folder 0700, files 0600); the passwords that
 * were made are given back once. `admit` sees the secrets before anything is written and may refuse them.
 */
export const openSecrets = async (
  dataDir: string,
  secret: string | undefined,
  admit: (secrets: Secrets, fresh: boolean) => void,
): Promise<{ readonly secrets: Secrets; readonly generated: readonly Generated[] }> => {
  const path = files(dataDir);
  const generated: Generated[] = [];
  const hashOfNew = async (where: Generated['where'], name: string): Promise<string> => {
    const password = generatePassword();
    generated.push({ where, name, password });
    return hashPassword(password);
  };

  const knownKeys = readKeys(path.keys);
  const keys = knownKeys ?? (await makeKeys());
  const knownUsers = readUsers(path.users);
  const users = knownUsers ?? [];
  if (!knownUsers)
    for (const role of roles)
      users.push({ name: role, role, passwordHash: await hashOfNew('pages and editor', role) });
  const secrets: Secrets = {
    ...keys,
    credentialSecret: secret ?? keys.credentialSecret,
    users,
    mqttUsersFile: path.mqttUsers,
  };
  admit(secrets, knownKeys === undefined && secret === undefined);

  if (!knownKeys) writePrivate(path.keys, json(keys));
  if (!knownUsers) writePrivate(path.users, json({ users }));
  if (readJson(path.mqttUsers) === undefined) {
    const device: UserRecord = {
      name: 'device',
      passwordHash: await hashOfNew('MQTT', 'device'),
      rights: [
        ...rights('readwrite', ['OLP/device/#', ...reactorTopics.toldBy, ...reactorTopics.told]),
        ...rights('write', ['history/#', 'pilot-plant/bioreactor/+/ph']),
      ],
    };
    writePrivate(path.mqttUsers, json({ users: [device] }));
  }
  return { secrets, generated };
};

/** The flows' own user, with the rights the flows need. */
export const serviceUser = ({ service: { name, passwordHash } }: Secrets): UserRecord => ({
  name,
  passwordHash,
  rights: rights('readwrite', [
    'OLP/device/#',
    'pilot-plant/#',
    ...reactorTopics.toldBy,
    ...reactorTopics.told,
  ]),
});
