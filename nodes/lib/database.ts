import type { NodeAPI } from 'node-red';
import type { Database } from './store.ts';

/** A database that a config node `plant-database` runs. */
export interface RunningDatabase {
  /** id of the config node */
  readonly id: string;
  readonly name: string;
  readonly database: Database;
}

const running = new WeakMap<object, RunningDatabase[]>();
const listOf = (RED: NodeAPI): RunningDatabase[] => {
  // `RED.events` is the runtime's own; `RED` is another object for every node type.
  const list = running.get(RED.events) ?? [];
  running.set(RED.events, list);
  return list;
};

/** The databases of a runtime, in the order in which they started. */
export const runningDatabases = (RED: NodeAPI): readonly RunningDatabase[] => listOf(RED);

/** Tells a runtime of a database; the function that is returned takes it away again. */
export const announceDatabase = (RED: NodeAPI, entry: RunningDatabase): (() => void) => {
  const list = listOf(RED);
  list.push(entry);
  return () => {
    const place = list.indexOf(entry);
    if (place >= 0) list.splice(place, 1);
  };
};

/** The database a node names in its field `database`. Throws where it is not there. */
export const databaseOf = (RED: NodeAPI, id: string): Database => {
  const found = listOf(RED).find((entry) => entry.id === id);
  if (!found) throw new Error(`database: there is no running plant-database ${JSON.stringify(id)}`);
  return found.database;
};
