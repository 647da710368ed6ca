import type { NodeAPI } from 'node-red';
import { createHealthBoard, type HealthBoard } from './health.ts';

/** `pilotPlant` in the settings of Node-RED: what our nodes and plugins read there, empty where nothing is set. */
export const pilotPlantSettings = <T extends object>(RED: NodeAPI): Partial<T> =>
  (Reflect.get(RED.settings, 'pilotPlant') as Partial<T> | undefined) ?? {};

const boards = new WeakMap<object, HealthBoard>();

/** The health board of a runtime: the one in its settings, or one of its own where the palette runs elsewhere. */
export const healthBoardOf = (RED: NodeAPI): HealthBoard => {
  const { health } = pilotPlantSettings<{ health: HealthBoard }>(RED);
  if (health) return health;
  const board = boards.get(RED.events) ?? createHealthBoard();
  boards.set(RED.events, board);
  return board;
};
