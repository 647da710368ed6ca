import type { NodeAPI } from 'node-red';
import { pilotPlantSettings } from '../lib/settings.ts';
import { createBroker, type Broker } from './broker.ts';
import type { BrokerOptions } from './options.ts';

export { hashPassword } from './passwords.ts';
export type { BrokerOptions, OffRule, UserRecord } from './options.ts';

let running: Promise<Broker> | undefined;

/** Where the broker listens; rejects where it is not configured or could not start. */
export const ready = async (): Promise<{ host: string; port: number }> => {
  if (!running) throw new Error('embedded broker: settings.pilotPlant.broker is not there');
  const { host, port } = await running;
  return { host, port };
};

/** Stops the broker, which Node-RED, having no such hook for plugins, cannot do. Resolves also where none runs. */
export const stop = async (): Promise<void> => {
  const stopping = running;
  running = undefined;
  const broker = await stopping?.catch(() => undefined);
  await broker?.stop();
};

/**
 * Starts an MQTT broker beside the flows where `settings.pilotPlant.broker` asks for one; Node-RED waits for it, so
 * the flows find it listening. It outlives every deploy.
 */
export default async function (RED: NodeAPI): Promise<void> {
  const { broker: options } = pilotPlantSettings<{ broker: BrokerOptions }>(RED);
  if (!options) return;
  await stop();
  const dataDir = options.dataDir ?? RED.settings.userDir;
  running = createBroker(
    { ...options, dataDir },
    { info: (text) => RED.log.info(text), warn: (text) => RED.log.warn(text) },
  );
  try {
    await running;
  } catch (cause) {
    RED.log.error(cause instanceof Error ? cause.message : String(cause));
    throw cause;
  }
  RED.plugins.registerPlugin('embedded-broker', { type: 'pilot-plant-service' });
}
