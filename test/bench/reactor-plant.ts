import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import { flowText, type Flow } from '../../runtime/compose.ts';
import { openApi, seen, type Api, type Live } from '../support/brew-client.ts';
import { cheve } from '../support/brewery.ts';
import { freePorts, startPlant, type Plant } from '../support/server.ts';
import { reactorFlow } from './reactor-flow.ts';

const SHIPPED_FLOWS = join(import.meta.dirname, '../../flows');
const PATIENCE_MS = 120_000;

/** The ranges begin where the vessels are, so that all are heated and nothing alarms. */
const recipe = {
  ...cheve,
  DurationSeconds: 86_400,
  Restrictions: [
    { Sensor: 'Temperature', min: 20, max: 30 },
    { Sensor: 'PH', min: 3, max: 11 },
    { Sensor: 'Pressure', min: 500, max: 940 },
  ],
};

/** What a reactor is to the cloud. */
interface Identity {
  readonly Id: string;
  readonly Facility: string;
  readonly FacilityName: string;
}
const identitiesIn = (flow: Flow): Identity[] =>
  flow
    .filter(({ type }) => type === 'bioreactor-lifecycle')
    .map(({ reactorId, facility, facilityName }) => ({
      Id: String(reactorId),
      Facility: String(facility),
      FacilityName: String(facilityName),
    }));

/** Waits until the cloud knows all reactors: who was not heard at the very first start says it again. */
const untilKnown = (api: Api, count: number): Promise<unknown> =>
  seen(
    () => api.get<{ items: readonly unknown[] }>('/reactors'),
    ({ items }) => items.length === count,
    PATIENCE_MS,
  );

/** Makes a batch for every reactor and presses the button of each, as people do it on the pages. */
const startBatches = async (api: Api, reactors: readonly Identity[]): Promise<void> => {
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await api.ask('POST', path, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
  };
  const all = async (wanted: State): Promise<void> => {
    const states = async () => (await api.get<Live>('/live')).reactors.map(({ state }) => state?.state);
    await seen(states, (now) => now.every((state) => state === wanted), PATIENCE_MS);
  };
  await post('/recipes', recipe);
  await Promise.all(
    reactors.map(({ Id, Facility, FacilityName }) =>
      post('/batches', { Recipe: recipe.Name, Facility: `${Facility}|${FacilityName}`, Bioreactor: Id }),
    ),
  );
  await all('ready-to-start');
  await Promise.all(reactors.map(({ Id }) => post(`/reactors/${Id}/command`, { command: 'press' })));
  await all('running');
};

/**
 * A whole plant as `npm start` runs it, in a process of its own that `preload` looks at, with its data in `folder`, and with
 * the shipped flow made longer for so many reactors. Resolves when a batch runs in each.
 */
export const startReactors = async (folder: string, count: number, preload: string): Promise<Plant> => {
  const flow = reactorFlow(SHIPPED_FLOWS, count);
  const flowsDir = join(folder, 'flows');
  mkdirSync(flowsDir);
  cpSync(join(SHIPPED_FLOWS, 'services.json'), join(flowsDir, 'services.json'));
  writeFileSync(join(flowsDir, 'bioreactor.json'), flowText(flow));
  const env = { SENSOR_PORT: String(await freePorts(2 * count)) };
  const plant = await startPlant({ dataDir: join(folder, 'data'), flowsDir, preload, env });
  try {
    if (!(await plant.running)) throw new Error(plant.output());
    const api = await openApi(plant.url, 'operator', plant.passwords()['operator']);
    await untilKnown(api, identitiesIn(flow).length);
    await startBatches(api, identitiesIn(flow));
    return plant;
  } catch (cause) {
    await plant.stop();
    throw cause;
  }
};
