import type { NodeAPI } from 'node-red';
import { healthBoardOf, pilotPlantSettings } from '../lib/settings.ts';
import { acquireDatabase } from '../plant-database/databases.ts';
import { createBroker, type Broker } from './broker.ts';
import type { BrokerOptions } from './options.ts';
import { brokerReport } from './report.ts';

export { hashPassword } from './passwords.ts';
export type { BrokerOptions, OffRule, UserRecord } from './options.ts';

interface Running {
  readonly broker: Promise<Broker>;
  readonly end: () => Promise<void>;
}
let running: Running | undefined;

/** Where the broker listens; rejects where it is not configured or could not start. */
export const ready = async (): Promise<{ host: string; port: number }> => {
  if (!running) throw new Error('embedded broker: settings.pilotPlant.broker is not there');
  const { host, port } = await running.broker;
  return { host, port };
};

/** Stops the broker, which Node-RED, having no such hook for plugins, cannot do. Resolves also where none runs. */
export const stop = async (): Promise<void> => {
  const stopping = running;
  running = undefined;
  const broker = await stopping?.broker.catch(() => undefined);
  await broker?.stop();
  await stopping?.end();
};

/**
 * Starts an MQTT broker beside the flows where `settings.pilotPlant.broker` asks for one; Node-RED waits for it, so
 * the flows find it listening. It outlives every deploy, and so does the database it stores measurements in.
 */
export default async function (RED: NodeAPI): Promise<void> {
  const { broker: options } = pilotPlantSettings<{ broker: BrokerOptions }>(RED);
  if (!options) return;
  await stop();
  const dataDir = options.dataDir ?? RED.settings.userDir;
  const log = { info: (text: string) => RED.log.info(text), warn: (text: string) => RED.log.warn(text) };
  const store =
    options.ingest &&
    acquireDatabase({
      url: options.ingest.databaseUrl ?? '',
      folder: dataDir,
      report: (sentence) => RED.log.warn(sentence),
    });
  const broker = createBroker(
    { ...options, dataDir },
    log,
    store && { write: (samples) => store.database.write(samples) },
  );
  let started: Broker | undefined;
  let failure: string | undefined;
  const takeAway = healthBoardOf(RED).add('broker', () =>
    brokerReport(started?.stats(), failure ?? started?.failure()),
  );
  running = {
    broker,
    end: async () => {
      takeAway();
      await store?.release();
    },
  };
  try {
    started = await broker;
  } catch (cause) {
    failure = cause instanceof Error ? cause.message : String(cause);
    RED.log.error(failure);
    throw cause;
  }
  RED.plugins.registerPlugin('embedded-broker', { type: 'pilot-plant-service' });
}
