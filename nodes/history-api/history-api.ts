import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { alarmsOf } from '../lib/alarms.ts';
import { runningDatabases } from '../lib/database.ts';
import { wallClock } from '../lib/plant-clock.ts';
import { pilotPlantSettings } from '../lib/settings.ts';
import type { Database } from '../lib/store.ts';
import { createApi } from './api.ts';
import { Refused } from './parameters.ts';

/** The running database of an id, the first one where it is blank. */
const databaseIn = (RED: NodeAPI, id: string): Database => {
  const running = runningDatabases(RED);
  const found = id === '' ? running[0] : running.find((entry) => entry.id === id);
  if (found) return found.database;
  throw id === ''
    ? new Refused(503, 'database: there is no running plant-database')
    : new Refused(404, `database: there is no running plant-database ${JSON.stringify(id.slice(0, 60))}`);
};

/**
 * Serves the history under `/api`, beside the HTTP nodes and behind the same login, where
 * `settings.pilotPlant.historyApi` says so: a palette that somebody has installed elsewhere opens nothing unasked.
 */
export default function (RED: NodeAPI): void {
  const { historyApi } = pilotPlantSettings<{ historyApi: boolean }>(RED);
  if (historyApi !== true) return;
  const api = createApi({
    database: (id) => databaseIn(RED, id),
    limits: () => alarmsOf(RED).limits(),
    now: () => wallClock(RED).now(),
    warn: (text) => RED.log.warn(text),
    chartFile: join(import.meta.dirname, 'history-chart.js'),
  });
  // `use`, not `get`: an HTTP node that closes takes away every route of its own address.
  RED.httpNode.use('/api', api);
  RED.plugins.registerPlugin('history-api', { type: 'pilot-plant-service' });
}
