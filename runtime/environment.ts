import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { parseDatabaseUrl } from '../nodes/plant-database/url.ts';
import { webhookAt } from '../nodes/alarm-notifier/addresses.ts';
import { mailOf } from '../nodes/alarm-notifier/config.ts';
import { brokerOf, cloudBroker, filePair, type CloudBroker, type ExternalBroker } from './brokers.ts';
import { Refusal } from './refusal.ts';
import { flag, given, list, refuse, whole, type Variables } from './variables.ts';

export type PlantMode = 'simulated' | 'real';

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
  readonly cloud: CloudBroker;
  /** the first of the ports that boards with sensors connect to, and the address they are listened for on */
  readonly sensorPort: number;
  /** how often simulated boards speak, and how often a batch is measured, process seconds */
  readonly sensorSeconds: number;
  readonly measureSeconds: number;
  readonly sensorHost: string;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly caFile: string | undefined;
  /** blank: the SQLite file in the data folder; may hold a password */
  readonly databaseUrl: string;
  readonly credentialSecret: string | undefined;
  readonly alarms: AlarmAddresses;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
const isHost = (text: string): boolean => isIP(text) !== 0 || HOST_NAME.test(text);

const host = (env: Variables, name: string): string => {
  const text = given(env, name) ?? '127.0.0.1';
  return isHost(text) ? text : refuse(name, 'must be an address or a host name', text);
};

const plantMode = (env: Variables): PlantMode => {
  const text = given(env, 'PLANT_MODE') ?? 'simulated';
  return text === 'simulated' || text === 'real'
    ? text
    : refuse('PLANT_MODE', 'must be simulated or real', text);
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
    host: host(env, 'HOST'),
    allowedHosts: list(env, 'ALLOWED_HOSTS', 'must be host names', HOST_NAME),
    dataDir: dataDir === undefined ? join(project, 'data') : resolve(dataDir),
    plants: plants.length === 0 || plants.includes('all') ? undefined : [...new Set(plants)],
    plantMode: plantMode(env),
    tanks: whole(env, 'TANKS', 3, 1, 3),
    mqttPort: whole(env, 'MQTT_PORT', 1883, 1, 65535),
    mqttAnonymous: flag(env, 'MQTT_ANONYMOUS'),
    mqttUrl: brokerOf(env, 'MQTT_URL'),
    cloud: cloudBroker(env),
    sensorPort: whole(env, 'SENSOR_PORT', 8090, 1, 65_532),
    sensorSeconds: whole(env, 'SENSOR_SECONDS', 2, 1, 300),
    measureSeconds: whole(env, 'MEASURE_SECONDS', 5, 1, 86_400),
    sensorHost: host(env, 'SENSOR_HOST'),
    tls: filePair(env, 'TLS_CERT', 'TLS_KEY'),
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

type Service = { readonly name: string; readonly password: string };

/** What the flows need to know of the plant's broker. TLS is `true` or blank: any other text counts as true in a field. */
const brokerVariables = (
  { mqttUrl, mqttPort, host: own, caFile }: Environment,
  service: Service,
): Readonly<Record<string, string>> => ({
  MQTT_HOST: mqttUrl?.host ?? reachable(own),
  MQTT_PORT: String(mqttUrl?.port ?? mqttPort),
  MQTT_TLS: mqttUrl?.tls ? 'true' : '',
  MQTT_USER: mqttUrl ? mqttUrl.user : service.name,
  MQTT_PASSWORD: mqttUrl ? mqttUrl.password : service.password,
  TLS_CA: caFile ?? '',
});

/** What they need to know of the cloud's; the plant's own one is taken where no other is named. */
const cloudVariables = (
  { cloud: { broker, profile, caFile, client } }: Environment,
  plant: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  CLOUD_MQTT_HOST: broker?.host ?? plant['MQTT_HOST'] ?? '',
  CLOUD_MQTT_PORT: String(broker?.port ?? plant['MQTT_PORT']),
  CLOUD_MQTT_TLS: broker ? (broker.tls ? 'true' : '') : (plant['MQTT_TLS'] ?? ''),
  CLOUD_MQTT_USER: broker?.user ?? plant['MQTT_USER'] ?? '',
  CLOUD_MQTT_PASSWORD: broker?.password ?? plant['MQTT_PASSWORD'] ?? '',
  CLOUD_TLS_CA: caFile ?? (broker ? '' : (plant['TLS_CA'] ?? '')),
  CLOUD_TLS_CERT: client?.certFile ?? '',
  CLOUD_TLS_KEY: client?.keyFile ?? '',
  CLOUD_PROFILE: profile,
});

/** What the flows read as `${NAME}`: always set, so that no reference stays unresolved. */
export const flowVariables = (
  environment: Environment,
  service: Service,
): Readonly<Record<string, string>> => {
  const { plantMode, tanks, databaseUrl: database, alarms: told, sensorHost } = environment;
  const plant = brokerVariables(environment, service);
  return {
    PLANT_MODE: plantMode,
    TANKS: String(tanks),
    ...plant,
    ...cloudVariables(environment, plant),
    SENSOR_PORT: String(environment.sensorPort),
    SENSOR_SECONDS: String(environment.sensorSeconds),
    MEASURE_SECONDS: String(environment.measureSeconds),
    SENSOR_HOST: sensorHost,
    SENSOR_REACHABLE: reachable(sensorHost),
    SMTP_URL: told.smtpUrl,
    ALARM_MAIL_TO: told.mailTo,
    ALARM_MAIL_FROM: told.mailFrom,
    ALARM_WEBHOOK: told.webhook,
    DATABASE_URL: database,
  };
};
