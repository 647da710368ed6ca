import type { NodeAPI } from 'node-red';

/** `pilotPlant` in the settings of Node-RED: what our nodes and plugins read there, empty where nothing is set. */
export const pilotPlantSettings = <T extends object>(RED: NodeAPI): Partial<T> =>
  (Reflect.get(RED.settings, 'pilotPlant') as Partial<T> | undefined) ?? {};
