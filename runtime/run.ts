import express from 'express';
import { accessSync, constants, existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { backupRoute } from './backup-route.ts';
import { banner } from './banner.ts';
import { opensCredentials } from './credentials.ts';
import { makeRoom, watchDisk } from './disk-watch.ts';
import { flowVariables, readEnvironment, type Environment } from './environment.ts';
import type { Variables } from './variables.ts';
import { readJson } from './files.ts';
import { flowPaths, provideFlows } from './flow-files.ts';
import { watchFlows } from './flow-watch.ts';
import { lockFolder } from './lock.ts';
import { healthOf } from './plant-health.ts';
import { probePort, refusalFor } from './ports.ts';
import { EXIT_CONFIG, Refusal } from './refusal.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { sendAtOnce } from './send-at-once.ts';
import { createGate } from './server.ts';
import { finishRestore } from './unpack.ts';

const STOP_WITHIN_MS = 9000;

export interface RunOptions {
  readonly variables: Variables;
  /** where the shipped flows are */
  readonly flowsDir: string;
}

/** The broker plugin as Node-RED loads it: the same module, so the same broker. */
interface BrokerPlugin {
  readonly ready: () => Promise<unknown>;
  readonly stop: () => Promise<void>;
}
const loadBrokerPlugin = async (): Promise<BrokerPlugin> => {
  const file = join(import.meta.dirname, '..', 'nodes', 'dist', 'embedded-broker', 'embedded-broker.js');
  if (!existsSync(file)) throw new Refusal('nodes/dist: is not there; run npm run build');
  return (await import(file)) as BrokerPlugin;
};

const checkTlsFiles = ({ tls, caFile }: Environment): void => {
  for (const [name, file] of [
    ['TLS_CERT', tls?.certFile],
    ['TLS_KEY', tls?.keyFile],
    ['TLS_CA', caFile],
  ] as const)
    try {
      if (file !== undefined) accessSync(file, constants.R_OK);
    } catch (cause) {
      throw new Refusal(`${name}: ${file} cannot be read`, 1, { cause });
    }
};

/** Node-RED would start without its flows, and lose the credentials at the next deploy. */
const admit =
  (dataDir: string) =>
  ({ credentialSecret }: Secrets, fresh: boolean): void => {
    const { credentials } = flowPaths(dataDir);
    if (opensCredentials(credentialSecret, readJson(credentials))) return;
    throw new Refusal(
      fresh
        ? `${credentials}: its credentialSecret is lost; put secrets/keys.json back or set NODE_RED_CREDENTIAL_SECRET, or make a fresh start with npm run reset`
        : `NODE_RED_CREDENTIAL_SECRET: the secret does not open ${credentials}`,
      EXIT_CONFIG,
    );
  };

const listen = async (front: Server, { port, host }: Environment): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  front.once('error', (cause) => reject(refusalFor(cause, 'PORT', port, host)));
  front.listen(port, host, resolve);
  return promise;
};

/** Runs the plant until a signal ends it. Throws a refusal where it cannot be started; nothing runs then. */
export const run = async ({ variables, flowsDir }: RunOptions): Promise<void> => {
  // Whatever this process writes is its owner's alone, also what Node-RED writes.
  process.umask(0o077);
  const environment = readEnvironment(variables);
  const { dataDir, host, port, mqttUrl, mqttPort, plants } = environment;
  checkTlsFiles(environment);
  makeRoom(dataDir);
  const lock = lockFolder(dataDir);
  const before = finishRestore(dataDir);
  await probePort('PORT', port, host);
  if (!mqttUrl) await probePort('MQTT_PORT', mqttPort, host);
  const broker = await loadBrokerPlugin();
  const { secrets, generated } = await openSecrets(dataDir, environment.credentialSecret, admit(dataDir));
  const changed = provideFlows(dataDir, flowsDir, plants, secrets.credentialSecret);

  Object.assign(process.env, flowVariables(environment, secrets.service));
  // The flows can read the environment; this is none of theirs.
  delete process.env['NODE_RED_CREDENTIAL_SECRET'];
  const { settingsFrom } = await import('../settings.ts');
  const settings = settingsFrom(variables, secrets);
  sendAtOnce();
  const { default: RED } = await import('node-red');

  const app = express();
  app.disable('x-powered-by');
  const { front, inner } = createGate(settings.pilotPlant.refusal, app, settings.https?.());
  RED.init(inner, settings as unknown as Parameters<typeof RED.init>[1]);
  const { health } = settings.pilotPlant;
  const flows = watchFlows(RED, health);
  const disk = await watchDisk(dataDir, { warn: (text) => console.error(`Pilot Plant: ${text}`) });
  health.add('disk', () => disk.report());
  app.get('/healthz', (_request, response) => {
    const { status, troubles } = healthOf(health.read());
    response
      .status(status === 'ok' ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status, troubles });
  });
  app.use('/admin', RED.httpAdmin, (_request, response) => void response.sendStatus(404));
  app.use(settings.httpNodeAuth);
  app.get(
    '/api/backup',
    settings.pilotPlant.administrators,
    backupRoute({ ...variables, DATA_DIR: dataDir }),
  );
  app.use(RED.httpNode);
  app.get('/', (_request, response) => response.redirect('/dashboard'));

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    disk.stop();
    setTimeout(() => {
      console.error('Pilot Plant: a node did not close in time');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    // The broker last: the flows say "off" through it while they close.
    await RED.stop();
    await broker.stop();
    front.closeAllConnections();
    lock.release();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stop().catch((cause: unknown) => {
        console.error(cause);
        process.exit(1);
      });
    });

  await RED.start();
  if (settings.pilotPlant.broker)
    await broker.ready().catch((cause: unknown) => {
      throw new Refusal(`MQTT_PORT: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause });
    });
  await listen(front, environment);
  const obstacle = await flows.settled;
  const trouble = obstacle && `The flows do not run: ${obstacle}.`;
  const restored = before && `A restore had not ended; it has now. The plant before it is in ${before}.`;
  const kept = changed && `Your flows are kept. ${changed}. (npm run reset takes the shipped flows.)`;
  console.log(
    banner({ environment, generated, notes: [restored, kept, trouble].filter((note) => note !== undefined) }),
  );
};
