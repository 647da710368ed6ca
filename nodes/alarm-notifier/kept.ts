import { isRecord } from '../lib/signal.ts';
import { isSavedGate, type SavedGate } from './gate.ts';
import { isQueue, type Queue } from './queue.ts';

interface KeptRoute {
  readonly gate: SavedGate;
  readonly queue: Queue;
}
/** What outlives a restart: what was told, and what waits to be told. */
export interface Kept {
  /** notices so far, for their ids */
  readonly made: number;
  readonly page: SavedGate;
  readonly mail: KeptRoute | null;
  readonly webhook: KeptRoute | null;
}

const isRoute = (state: unknown): boolean =>
  state === null || (isRecord(state) && isSavedGate(state['gate']) && isQueue(state['queue']));

export const isKept = (state: unknown): state is Kept =>
  isRecord(state) &&
  Number.isFinite(state['made']) &&
  isSavedGate(state['page']) &&
  isRoute(state['mail']) &&
  isRoute(state['webhook']);
