import { inUrl, reachable, type Environment } from './environment.ts';
import type { Generated } from './secrets.ts';

export interface BannerFacts {
  readonly environment: Environment;
  readonly generated: readonly Generated[];
  readonly notes: readonly string[];
}

const RULE = '─'.repeat(64);

/** What a person needs to know once everything runs. */
export const banner = ({ environment, generated, notes }: BannerFacts): string => {
  const { host, port, tls, mqttUrl, mqttPort, dataDir } = environment;
  const site = `${tls ? 'https' : 'http'}://${inUrl(reachable(host))}:${port}`;
  const broker = mqttUrl ?? { host: reachable(host), port: mqttPort, tls: false };
  const mqtt = `${broker.tls ? 'mqtts' : 'mqtt'}://${inUrl(broker.host)}:${broker.port}`;
  const passwords = generated.map(
    ({ where, name, password }) => `  ${where.padEnd(18)}${name.padEnd(10)}${password}`,
  );
  return [
    RULE,
    'Pilot Plant is running.',
    `  Dashboard   ${site}/dashboard`,
    `  Editor      ${site}/admin`,
    `  MQTT        ${mqtt}${mqttUrl ? ' (not ours)' : ''}`,
    `  Data        ${dataDir}`,
    ...(passwords.length === 0
      ? []
      : ['', 'New passwords, shown this once; only their hashes are kept:', ...passwords]),
    ...notes.flatMap((note) => ['', note]),
    RULE,
  ].join('\n');
};
