import { resolve } from 'node:path';
import { decoded, withoutPassword } from '../nodes/lib/address.ts';
import type { Profile } from '../nodes/mqtt-outbox/limits.ts';
import { given, refuse, type Variables } from './variables.ts';

/** A broker that is not ours. */
export interface ExternalBroker {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string;
  readonly password: string;
}

/** The broker between reactors and their records, where it is another one than the plant's. */
export interface CloudBroker {
  readonly broker: ExternalBroker | undefined;
  readonly profile: Profile;
  /** files: the authority that signed the broker's certificate, and our own certificate with its key */
  readonly caFile: string | undefined;
  readonly client: { readonly certFile: string; readonly keyFile: string } | undefined;
}

const schemes: Readonly<Record<string, { readonly tls: boolean; readonly port: number }>> = {
  'mqtt:': { tls: false, port: 1883 },
  'mqtts:': { tls: true, port: 8883 },
};

/** A broker by its URL in `name`. */
export const brokerOf = (env: Variables, name: string): ExternalBroker | undefined => {
  const text = given(env, name);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const scheme = url ? schemes[url.protocol] : undefined;
  // The text may hold a password, so only what stands around it is shown.
  const [user, password] = [decoded(url?.username ?? ''), decoded(url?.password ?? '')];
  if (!url || !scheme || url.hostname === '' || user === undefined || password === undefined)
    return refuse(name, 'must look like mqtt://host:1883 or mqtts://host:8883', withoutPassword(text));
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? scheme.port : Number(url.port),
    tls: scheme.tls,
    user,
    password,
  };
};

/** Two files that only make sense together, by the names of their variables. */
export const filePair = (
  env: Variables,
  cert: string,
  key: string,
): { readonly certFile: string; readonly keyFile: string } | undefined => {
  const [certFile, keyFile] = [given(env, cert), given(env, key)];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined) return refuse(cert, `must name a file when ${key} does`, '');
  if (keyFile === undefined) return refuse(key, `must name a file when ${cert} does`, '');
  return { certFile: resolve(certFile), keyFile: resolve(keyFile) };
};

export const cloudBroker = (env: Variables): CloudBroker => {
  const broker = brokerOf(env, 'CLOUD_MQTT_URL');
  const caFile = given(env, 'CLOUD_TLS_CA');
  const profile = given(env, 'CLOUD_PROFILE') ?? 'mqtt';
  return {
    broker,
    caFile: caFile === undefined ? undefined : resolve(caFile),
    client: filePair(env, 'CLOUD_TLS_CERT', 'CLOUD_TLS_KEY'),
    profile:
      profile === 'mqtt' || profile === 'aws-iot-core'
        ? profile
        : refuse('CLOUD_PROFILE', 'must be mqtt or aws-iot-core', profile),
  };
};
