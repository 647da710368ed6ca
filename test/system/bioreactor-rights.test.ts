import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { signIn } from '../support/operator.ts';
import { connectPage } from '../support/page-socket.ts';
import { startPlant, type Plant } from '../support/server.ts';

type Json = Readonly<Record<string, unknown>>;
/** Without a session; a viewer; an operator on what is his; the operator on what is the administrator's; the administrator. */
type Who = 'nobody' | 'viewer' | 'own' | 'other' | 'admin';
interface Row {
  /** `:batch`, `:recipe` and `:reactor` stand for the operator's or the administrator's */
  readonly ask: string;
  readonly body?: Json;
  readonly expected: Partial<Record<Who, number>>;
  /** the state in which both reactors are afterwards */
  readonly until?: string;
}

const LOOK = { nobody: 401, viewer: 200, own: 200, admin: 200 };
const LOOK_OWN = { ...LOOK, other: 403 };
const ACT = { nobody: 401, viewer: 403, own: 202, admin: 202 };
const ACT_OWN = { ...ACT, other: 403 };
const SET = { nobody: 401, viewer: 403, own: 200, admin: 200 };
const PUT = { nobody: 401, viewer: 403, own: 201, admin: 201 };
/** Only that it is refused: whoever may would end what the next rows are about. */
const REFUSED = { nobody: 401, viewer: 403 };

const command = (word: string): Json => ({ command: word });
const NEW: readonly Row[] = [
  { ask: 'POST /clock', body: { speed: 10 }, expected: SET },
  { ask: 'POST /clock', body: { pause: true }, expected: SET },
  { ask: 'POST /clock', body: { pause: false }, expected: SET },
  { ask: 'POST /recipes', body: { Name: ':recipe' }, expected: PUT },
  { ask: 'POST /reactors/:reactor/command', body: command('selftest'), expected: ACT, until: 'idle' },
  {
    ask: 'POST /batches',
    body: { Recipe: ':recipe', Facility: ':facility', Bioreactor: ':reactor' },
    expected: PUT,
    until: 'ready-to-start',
  },
];
const READY: readonly Row[] = [
  { ask: 'POST /clock', body: { speed: 1 }, expected: SET },
  ...['/recipes', '/facilities', '/facilities?lat=32.5&lng=-117', '/reactors', '/batches', '/live'].map(
    (path) => ({
      ask: `GET ${path}`,
      expected: LOOK,
    }),
  ),
  ...['', '/measurements', '/report', '/report.csv'].map((path) => ({
    ask: `GET /batches/:batch${path}`,
    expected: LOOK_OWN,
  })),
  ...['press', 'selftest', 'clear'].map((word) => ({
    ask: 'POST /reactors/:reactor/command',
    body: command(word),
    expected: { ...REFUSED, other: 403 },
  })),
  { ask: 'POST /batches/:batch/command', body: command('abort'), expected: { ...REFUSED, other: 403 } },
  ...Object.entries({ start: 'running', hold: 'held', unhold: 'running', finish: 'ready-for-pickup' }).map(
    ([word, until]) => ({
      ask: 'POST /batches/:batch/command',
      body: command(word),
      expected: ACT_OWN,
      until,
    }),
  ),
  { ask: 'POST /batches/:batch/command', body: command('pickup'), expected: ACT_OWN, until: 'idle' },
  // What is another's has no place among one's own.
  {
    ask: 'DELETE /recipes/:recipe',
    expected: { nobody: 401, viewer: 403, other: 404, own: 200, admin: 200 },
  },
];

const REACTORS = {
  own: { reactor: 'pi02', topics: '/TJ/22010/pi02' },
  admin: { reactor: 'pi01', topics: '/TJ/22105/pi01' },
} as const;
const WIDGETS = ['home', 'recipe', 'make', 'monitor', 'reactor'].map((name) => `bioreactor-page-${name}`);
const PATIENCE_MS = 90_000;

describe('who may do what with the bioreactors', function () {
  this.timeout(120_000);
  let dataDir: string;
  let plant: Plant;
  let device: MqttClient;
  const heard: string[] = [];
  let sessions: Readonly<Record<Who, Record<string, string>>>;
  const things = {
    own: { recipe: 'Brew of the operator', batch: '', facility: '' },
    admin: { recipe: 'Brew of the admin', batch: '', facility: '' },
  };

  const askFor = async (who: Who, ask: string, body?: Json): Promise<{ status: number; said: Json }> => {
    const [method = '', path = ''] = ask.split(' ');
    const answer = await fetch(`${plant.url}/api/bioreactor${path}`, {
      method,
      headers: { ...sessions[who], Accept: 'application/json', 'Content-Type': 'application/json' },
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: answer.status, said: isJson ? (JSON.parse(text) as Json) : {} };
  };
  const read = async (path: string): Promise<Json> => {
    const { status, said } = await askFor('admin', `GET ${path}`);
    assert.equal(status, 200, path);
    return said;
  };
  interface Live {
    readonly clock: Json;
    readonly reactors: readonly { id: string; state?: Json }[];
  }
  const live = async (): Promise<Live> => (await read('/live')) as unknown as Live;
  /** All that somebody could have changed, and nothing that goes on by itself, as a light that blinks. */
  const stateOfPlant = async (): Promise<Json> => {
    const [{ clock, reactors }, registered, recipes, batches, ...journals] = await Promise.all([
      live(),
      read('/reactors'),
      read('/recipes'),
      read('/batches'),
      ...Object.values(things).map(async ({ batch }) =>
        batch === '' ? [] : (await read(`/batches/${batch}`))['journal'],
      ),
    ]);
    return {
      clock: { speed: clock['speed'], paused: clock['paused'] },
      live: reactors.map(({ id, state = {} }) => {
        const { state: name, status, batch, seq, reason, accepts } = state;
        return { id, name, status, batch, seq, reason, accepts };
      }),
      reactors: (registered['items'] as Json[]).map(({ Id, Available, Batch }) => ({ Id, Available, Batch })),
      recipes,
      batches,
      journals,
    };
  };
  const refused = async (what: string, doIt: () => Promise<void>): Promise<void> => {
    const before = await stateOfPlant();
    await doIt();
    assert.deepEqual(await stateOfPlant(), before, `${what} changed something`);
  };
  /** Until both reactors are in a state, and the records know of it. */
  const settled = async (wanted: string): Promise<void> => {
    const end = performance.now() + PATIENCE_MS;
    let last: unknown;
    while (performance.now() < end) {
      const before = await stateOfPlant();
      await pause(500);
      const after = await stateOfPlant();
      const { reactors } = await live();
      last = reactors.map(({ state }) => state?.['state']);
      const isThere = reactors.every(({ state }) => state?.['state'] === wanted);
      if (isThere && JSON.stringify(before) === JSON.stringify(after)) return;
    }
    assert.fail(`the reactors are not ${wanted}, but ${JSON.stringify(last)}`);
  };
  const recipe = (Name: string): Json => ({
    Name,
    DurationSeconds: 3600,
    Ingredients: {
      Water: 10,
      Hops: [{ name: 'Cascade', amount: 40 }],
      Yeast: [{ name: 'Ale', amount: 11.5 }],
      Syrup: [{ name: 'Malt', amount: 600 }],
    },
    Restrictions: [
      { Sensor: 'Temperature', min: 16, max: 30 },
      { Sensor: 'PH', min: 4, max: 10 },
      { Sensor: 'Pressure', min: 600, max: 1050 },
    ],
  });

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    plant = await startPlant({ dataDir, env: { SENSOR_PORT: String(20_000 + 4 * randomInt(3_000)) } });
    assert.equal(await plant.running, true, plant.output());
    const session = (name: string): Promise<Readonly<Record<string, string>>> =>
      signIn(plant.url, name, plant.passwords()[name]);
    const [admin, operator, viewer] = await Promise.all([
      session('admin'),
      session('operator'),
      session('viewer'),
    ]);
    sessions = { nobody: {}, viewer, own: operator, other: operator, admin };
    device = await connectAsync(`mqtt://127.0.0.1:${plant.mqttPort}`, {
      username: 'device',
      password: plant.passwords()['device'] ?? '',
    });
    device.on('message', (topic) => heard.push(topic));
    for (const topic of ['/+/+/+/receiveBatch', '/+/+/+/command', 'updateBatchStatus'])
      await device.subscribeAsync(topic, { qos: 1 });
    await settled('idle');
    const { items } = (await read('/facilities')) as { items: { Id: string; Zip: string }[] };
    for (const [who, { topics }] of Object.entries(REACTORS) as ['own' | 'admin', { topics: string }][])
      things[who].facility = items.find(({ Zip }) => topics.split('/')[2] === Zip)?.Id ?? '';
  });
  after(async () => {
    await device?.endAsync(true);
    assert.equal(await plant.stop(), 0);
    rmSync(dataDir, { recursive: true });
  });

  const cases = (rows: readonly Row[]): void => {
    for (const { ask, body, expected, until } of rows)
      it(`${ask}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`, async () => {
        const isNewRecipe = ask === 'POST /recipes';
        for (const who of ['nobody', 'viewer', 'other', 'own', 'admin'] as const) {
          const status = expected[who];
          if (status === undefined) continue;
          const whose = who === 'own' ? 'own' : 'admin';
          const filled = (text: string): string =>
            text
              .replace(':batch', things[whose].batch)
              .replace(':recipe', things[whose].recipe)
              .replace(':facility', things[whose].facility)
              .replace(':reactor', REACTORS[whose].reactor);
          const given = body && (JSON.parse(filled(JSON.stringify(body))) as Json);
          const sent = isNewRecipe ? recipe(things[whose].recipe) : given;
          const [method = '', path = ''] = ask.split(' ');
          const asked = `${method} ${filled(path).replaceAll(/ /g, '%20')}`;
          const check = async (): Promise<void> => {
            const { status: answered, said } = await askFor(who, asked, sent);
            assert.equal(answered, status, `${who}: ${asked}: ${JSON.stringify(said)}`);
            if (ask === 'POST /batches' && status === 201)
              things[whose].batch = (said['batch'] as { Id: string }).Id;
          };
          if (status < 400) await check();
          else await refused(`${who}: ${asked}`, check);
        }
        if (until !== undefined) await settled(until);
      });
  };
  const strangers = (when: string): void => {
    it(`hears no wire without a name, ${when}`, async () => {
      const stranger = await connectAsync(`mqtt://127.0.0.1:${plant.mqttPort}`, { reconnectPeriod: 0 });
      for (const topic of [
        '#',
        '/#',
        '/+/+/+/receiveBatch',
        ...Object.values(REACTORS).flatMap(({ topics }) => [`${topics}/receiveBatch`, `${topics}/command`]),
        ...Object.values(REACTORS).map(({ topics }) => `${topics}/status`),
        'updateBatchStatus',
        'updateJournal',
        'measure',
        'updateBioreactorAvailable',
      ])
        await assert.rejects(
          stranger.subscribeAsync(topic, { qos: 1 }),
          /Unspecified error|128|Subscribe/i,
          topic,
        );
      await stranger.endAsync(true);
    });
    it(`says nothing on a wire without a name, ${when}`, async () => {
      const { reactor: Id, topics } = REACTORS.admin;
      const [Facility, FacilityName] = ['TJ|22105', 'Byby Macroplaza'];
      const batch = {
        Id: things.admin.batch || 'k3j9x0a1b2',
        Email: 'admin',
        Timestamp: 946_684_800,
        Status: 'Ready to Start',
        Recipe: { ...recipe(things.admin.recipe), Email: 'admin', Timestamp: 946_684_800 },
        Bioreactor: { Id, Facility, FacilityName, Available: 'False' },
      };
      const { state = {} } = (await live()).reactors.find(({ id }) => id === Id) ?? {};
      const isFree = state['state'] === 'idle';
      const messages: Record<string, Json> = {
        [`${topics}/receiveBatch`]: isFree ? batch : { ...batch, Id: 'k3j9x0a1b3' },
        [`${topics}/command`]: isFree
          ? { command: 'selftest', user: 'admin' }
          : { command: 'start', Id: batch.Id, user: 'admin' },
        updateBatchStatus: { ...batch, Status: 'Cancelled', State: 'idle', Seq: 1000, Accepted: true },
        [`${topics}/status`]: { of: 'a stranger' },
        updateJournal: {
          id: 'pi01-9',
          seq: 9,
          at: 946_684_800_000,
          unit: 'bioreactor/1',
          reactor: Id,
          batch: batch.Id,
          from: 'running',
          to: 'idle',
          signal: 'elapsed',
        },
        updateBioreactorAvailable: { Id, Facility, FacilityName, Available: isFree ? 'False' : 'True' },
        measure: {
          Brew: `admin|${batch.Id}`,
          Timestamp: 946_684_801,
          Data: { Temperature: 99, Pressure: 1, Ph: 1 },
          Restrictions: recipe('')['Restrictions'],
        },
      };
      for (const [topic, message] of Object.entries(messages))
        await refused(topic, async () => {
          const stranger = await connectAsync(`mqtt://127.0.0.1:${plant.mqttPort}`, { reconnectPeriod: 0 });
          const end = new Promise<void>((resolve) => stranger.once('close', () => resolve()));
          stranger.on('error', () => {});
          stranger.publish(topic, JSON.stringify(message), { qos: 1 }, () => {});
          await end;
          await stranger.endAsync(true);
        });
      if (!isFree) {
        const { series } = (await read(`/batches/${batch.Id}/measurements`)) as { series: Json[] };
        assert.ok(!JSON.stringify(series).includes('99'), 'nothing of it is measured');
      }
    });
  };

  strangers('while the reactors are free');
  cases(NEW);

  it('lets the device hear what a stranger may not', () => {
    for (const topic of [
      ...Object.values(REACTORS).map(({ topics }) => `${topics}/receiveBatch`),
      'updateBatchStatus',
    ])
      assert.ok(heard.includes(topic), topic);
  });
  strangers('while they have batches');

  it('takes nothing from the page of a viewer', async () => {
    const socket = await connectPage(plant.url, sessions.viewer);
    assert.ok(typeof socket === 'object', `refused with ${JSON.stringify(socket)}`);
    const { reactor } = REACTORS.admin;
    const messages = [
      { topic: 'command', id: things.admin.batch, payload: command('abort'), user: 'admin', role: 'admin' },
      { topic: 'reactor-command', id: reactor, payload: command('press'), user: 'admin', role: 'admin' },
      { topic: 'put-recipe', payload: recipe('Brew of a viewer'), user: 'admin', role: 'admin' },
      { topic: 'speed', payload: 600, user: 'admin', role: 'admin' },
    ];
    for (const widget of WIDGETS)
      await refused(widget, async () => {
        for (const message of messages)
          for (const event of ['widget-action', 'widget-send', 'widget-change', 'widget-load'])
            await socket.emit(event, widget, message);
      });
  });

  it('has no page socket for a stranger', async () => {
    assert.equal(await connectPage(plant.url, {}), 401);
  });

  cases(READY);

  it('ends with the batches finished, and without the recipes', async () => {
    const { items } = (await read('/batches')) as { items: { Email: string; Status: string }[] };
    assert.deepEqual(
      new Map(items.map(({ Email, Status }) => [Email, Status])),
      new Map([
        ['operator', 'Finished'],
        ['admin', 'Finished'],
      ]),
    );
    assert.deepEqual((await read('/recipes'))['items'], []);
  });
});
