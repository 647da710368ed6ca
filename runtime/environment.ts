import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { decoded, withoutPassword } from '../nodes/lib/address.ts';
import { parseBoolean, parseNumber, shown } from '../nodes/lib/number.ts';
import { parseDatabaseUrl } from '../nodes/plant-database/url.ts';
import { webhookAt } from '../nodes/alarm-notifier/addresses.ts';
import { mailOf } from '../nodes/alarm-notifier/config.ts';
import { Refusal } from './refusal.ts';

/** Variables as the shell gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

export type PlantMode = 'simulated' | 'real';

/** A broker that is not ours. */
export interface ExternalBroker {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string;
  readonly password: string;
}

/** Where alarms are sent, as text; blank: not there. The texts may hold passwords. */
export interface AlarmAddresses {
  readonly smtpUrl: string;
  readonly mailTo: string;
  readonly mailFrom: string;
  readonly webhook: string;
}

export interface Environment {
  readonly port: number;
  readonly host: string;
  /** host names people may use for this machine, besides addresses and local names */
  readonly allowedHosts: readonly string[];
  readonly dataDir: string;
  /** undefined stands for all */
  readonly plants: readonly string[] | undefined;
  readonly plantMode: PlantMode;
  readonly tanks: number;
  readonly mqttPort: number;
  readonly mqttAnonymous: boolean;
  readonly mqttUrl: ExternalBroker | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly caFile: string | undefined;
  /** blank: the SQLite file in the data folder; may hold a password */
  readonly databaseUrl: string;
  readonly credentialSecret: string | undefined;
  readonly alarms: AlarmAddresses;
}

const refuse = (name: string, wanted: string, value: string): never => {
  throw new Refusal(`${name}: ${wanted}, got ${shown(value)}`);
};

/** A blank variable counts as one that is not set: `PORT= npm start`. */
const given = (env: Variables, name: string): string | undefined => {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
};

const whole = (env: Variables, name: string, fallback: number, min: number, max: number): number => {
  const text = given(env, name);
  if (text === undefined) return fallback;
  const value = parseNumber(text);
  return value === undefined || !Number.isInteger(value) || value < min || value > max
    ? refuse(name, `must be a whole number from ${min} to ${max}`, text)
    : value;
};

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
const isHost = (text: string): boolean => isIP(text) !== 0 || HOST_NAME.test(text);

const host = (env: Variables): string => {
  const text = given(env, 'HOST') ?? '127.0.0.1';
  return isHost(text) ? text : refuse('HOST', 'must be an address or a host name', text);
};

const list = (env: Variables, name: string, wanted: string, pattern: RegExp): string[] => {
  const text = given(env, name);
  const items = (text ?? '').split(',').map((item) => item.trim());
  return text === undefined
    ? []
    : items.every((item) => pattern.test(item))
      ? items
      : refuse(name, wanted, text);
};

const flag = (env: Variables, name: string): boolean => {
  const text = given(env, name);
  if (text === undefined) return false;
  return parseBoolean(text) ?? refuse(name, 'must be 1 or 0', text);
};

const plantMode = (env: Variables): PlantMode => {
  const text = given(env, 'PLANT_MODE') ?? 'simulated';
  return text === 'simulated' || text === 'real'
    ? text
    : refuse('PLANT_MODE', 'must be simulated or real', text);
};

const schemes: Readonly<Record<string, { readonly tls: boolean; readonly port: number }>> = {
  'mqtt:': { tls: false, port: 1883 },
  'mqtts:': { tls: true, port: 8883 },
};

const mqttUrl = (env: Variables): ExternalBroker | undefined => {
  const text = given(env, 'MQTT_URL');
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const scheme = url ? schemes[url.protocol] : undefined;
  // The text may hold a password, so only what stands around it is shown.
  const [user, password] = [decoded(url?.username ?? ''), decoded(url?.password ?? '')];
  if (!url || !scheme || url.hostname === '' || user === undefined || password === undefined)
    return refuse('MQTT_URL', 'must look like mqtt://host:1883 or mqtts://host:8883', withoutPassword(text));
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? scheme.port : Number(url.port),
    tls: scheme.tls,
    user,
    password,
  };
};

const databaseUrl = (env: Variables): string => {
  const text = given(env, 'DATABASE_URL') ?? '';
  try {
    parseDatabaseUrl(text, 'DATABASE_URL');
  } catch (cause) {
    throw new Refusal(cause instanceof Error ? cause.message : String(cause));
  }
  return text;
};

const tls = (env: Variables): Environment['tls'] => {
  const certFile = given(env, 'TLS_CERT');
  const keyFile = given(env, 'TLS_KEY');
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined) return refuse('TLS_CERT', 'must name a file when TLS_KEY does', '');
  if (keyFile === undefined) return refuse('TLS_KEY', 'must name a file when TLS_CERT does', '');
  return { certFile: resolve(certFile), keyFile: resolve(keyFile) };
};

/** Checked here, so that a start says what is wrong and not the first alarm; no error shows a password. */
const alarms = (env: Variables): AlarmAddresses => {
  const smtpUrl = given(env, 'SMTP_URL') ?? '';
  const mailTo = given(env, 'ALARM_MAIL_TO') ?? '';
  const mailFrom = given(env, 'ALARM_MAIL_FROM') ?? '';
  const webhook = given(env, 'ALARM_WEBHOOK') ?? '';
  try {
    mailOf(smtpUrl, mailTo, mailFrom, { url: 'SMTP_URL', to: 'ALARM_MAIL_TO', from: 'ALARM_MAIL_FROM' });
    if (webhook !== '') webhookAt(webhook, 'ALARM_WEBHOOK');
  } catch (cause) {
    throw new Refusal(cause instanceof Error ? cause.message : String(cause));
  }
  return { smtpUrl, mailTo, mailFrom, webhook };
};

const project = resolve(import.meta.dirname, '..');

/** Reads the environment, or throws a refusal that names the first variable that cannot be used, and its value. */
export const readEnvironment = (env: Variables): Environment => {
  const plants = list(
    env,
    'PLANTS',
    'must be names as in "fish-tank,fermenter", or all',
    /^[a-z][a-z0-9-]*$/,
  );
  const dataDir = given(env, 'DATA_DIR');
  const caFile = given(env, 'TLS_CA');
  const environment: Environment = {
    port: whole(env, 'PORT', 1880, 1, 65535),
    host: host(env),
    allowedHosts: list(env, 'ALLOWED_HOSTS', 'must be host names', HOST_NAME),
    dataDir: dataDir === undefined ? join(project, 'data') : resolve(dataDir),
    plants: plants.length === 0 || plants.includes('all') ? undefined : [...new Set(plants)],
    plantMode: plantMode(env),
    tanks: whole(env, 'TANKS', 3, 1, 3),
    mqttPort: whole(env, 'MQTT_PORT', 1883, 1, 65535),
    mqttAnonymous: flag(env, 'MQTT_ANONYMOUS'),
    mqttUrl: mqttUrl(env),
    tls: tls(env),
    caFile: caFile === undefined ? undefined : resolve(caFile),
    databaseUrl: databaseUrl(env),
    credentialSecret: given(env, 'NODE_RED_CREDENTIAL_SECRET'),
    alarms: alarms(env),
  };
  if (environment.mqttUrl === undefined && environment.mqttPort === environment.port)
    refuse('MQTT_PORT', 'must differ from PORT', String(environment.mqttPort));
  return environment;
};

/** Where a program on this machine reaches a server that listens on `host`. */
export const reachable = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;

export const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/**
 * What the flows read as `${NAME}`: always set, so that no reference stays unresolved. MQTT_TLS is `true` or blank,
 * since any other text counts as true in a node's field.
 */
export const flowVariables = (
  { plantMode, tanks, mqttUrl, mqttPort, host, caFile, databaseUrl: database, alarms }: Environment,
  service: { readonly name: string; readonly password: string },
): Readonly<Record<string, string>> => ({
  PLANT_MODE: plantMode,
  TANKS: String(tanks),
  MQTT_HOST: mqttUrl?.host ?? reachable(host),
  MQTT_PORT: String(mqttUrl?.port ?? mqttPort),
  MQTT_TLS: mqttUrl?.tls ? 'true' : '',
  MQTT_USER: mqttUrl ? mqttUrl.user : service.name,
  MQTT_PASSWORD: mqttUrl ? mqttUrl.password : service.password,
  TLS_CA: caFile ?? '',
  SMTP_URL: alarms.smtpUrl,
  ALARM_MAIL_TO: alarms.mailTo,
  ALARM_MAIL_FROM: alarms.mailFrom,
  ALARM_WEBHOOK: alarms.webhook,
  DATABASE_URL: database,
});
