import { statuses, type BatchStatus } from '../lib/batch-status.ts';

/** Where a batch may go from a status; nowhere: it is over. */
export const routes: Readonly<Record<BatchStatus, readonly BatchStatus[]>> = {
  'Ready to Start': ['In Progress', 'Cancelled', 'Failed'],
  'In Progress': ['On Hold', 'Ready for Pickup', 'Cancelled', 'Failed'],
  'On Hold': ['In Progress', 'Cancelled', 'Failed'],
  'Ready for Pickup': ['Finished', 'Cancelled', 'Failed'],
  Finished: [],
  Cancelled: [],
  Failed: [],
};

export const isOver = (status: BatchStatus): boolean => routes[status].length === 0;

/** The same status again is no news, and no mistake: a message may arrive twice. */
export const transition = (from: BatchStatus, to: BatchStatus): 'same' | 'legal' | 'illegal' => {
  if (from === to) return 'same';
  return routes[from].includes(to) ? 'legal' : 'illegal';
};

/** What the owner may ask of the reactor, and while the batch has which status. */
export const commands: Readonly<Record<string, readonly BatchStatus[]>> = {
  start: ['Ready to Start'],
  hold: ['In Progress'],
  unhold: ['On Hold'],
  finish: ['In Progress'],
  pickup: ['Ready for Pickup'],
  abort: statuses.filter((status) => !isOver(status)),
};

/** What is asked of a reactor whatever it does: it knows best whether it can. */
export const reactorCommands: readonly string[] = ['press', 'selftest', 'clear'];
