import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openApi, seen, type Api, type Live, type Reactor, type Series } from '../support/brew-client.ts';
import { mosquittoPub, needs, startMosquitto, type Mosquitto } from '../support/mosquitto.ts';
import { temporaryFolder } from '../support/node-flow.ts';
import { freePort, freePorts, startPlant, type Plant } from '../support/server.ts';
import { listenOn, type Wire } from '../support/wire.ts';

const BASE = '/TJ/22105/pi01';
const ID = 'k3j9x0a1b2';
const EMAIL = 'luz@example.com';
/** The original's board sends every 2 s; what counts is the silence between two numbers. */
const EVERY_MS = 700;

const amount = (name: string, grams: number) => ({ M: { name: { S: name }, amount: { N: String(grams) } } });
const range = (Sensor: string, min: number, max: number) => ({
  M: { Sensor: { S: Sensor }, min: { N: String(min) }, max: { N: String(max) } },
});
/** A batch as the original's table stream published it. */
const streamRecord = (Id: string, { reactor = 'pi01', recipe = true } = {}) => ({
  ApproximateCreationDateTime: 1_553_802_200,
  Keys: { Email: { S: EMAIL }, Id: { S: Id } },
  NewImage: {
    Email: { S: EMAIL },
    Id: { S: Id },
    Status: { S: 'Ready to Start' },
    Timestamp: { N: '1553802200' },
    Bioreactor: {
      M: {
        Id: { S: reactor },
        Facility: { S: 'TJ|22105' },
        FacilityName: { S: 'Byby Macroplaza' },
        Available: { S: 'True' },
      },
    },
    ...(recipe && {
      Recipe: {
        M: {
          Name: { S: 'La cheve de Luz' },
          Email: { S: EMAIL },
          Timestamp: { N: '1553802100' },
          Ingredients: {
            M: {
              Water: { N: '10' },
              Hops: { L: [amount('Hop1', 400)] },
              Yeast: { L: [amount('Yeast1', 200), amount('Yeast2', 400)] },
              Syrup: { L: [amount('Malt0', 600)] },
            },
          },
          Restrictions: { L: [range('Temperature', 16, 30), range('PH', 5, 9), range('Pressure', 500, 940)] },
        },
      },
    }),
  },
  SequenceNumber: '111',
  SizeBytes: 26,
  StreamViewType: 'NEW_AND_OLD_IMAGES',
});

/** A board with one sensor: says the same over and over. */
interface Board {
  readonly socket: Socket;
  /** what it says from now on */
  say(text: string): void;
  end(): void;
}
const startBoard = async (port: number, text: string): Promise<Board> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined); // the plant goes away in the middle of the test
  let words = text;
  const timer = setInterval(() => socket.write(words), EVERY_MS);
  socket.on('close', () => clearInterval(timer));
  return {
    socket,
    say: (next) => (words = next),
    end: () => {
      clearInterval(timer);
      socket.destroy();
    },
  };
};

interface Told {
  readonly topic: string;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('bioreactor: boards over TCP and a cloud over MQTT, as the original had them', function () {
  this.timeout(120_000);
  let dataDir: string;
  let env: Record<string, string>;
  let plant: Plant;
  let passwords: Readonly<Record<string, string>>;
  let api: Api;
  let user: string[];
  let listener: ChildProcess | undefined;
  let boards: Board[] = [];
  const told: Told[] = [];

  const start = async (): Promise<void> => {
    plant = await startPlant({ dataDir, env });
    assert.equal(await plant.running, true, plant.output());
  };
  const send = async (name: string, payload: unknown, ...more: string[]): Promise<void> =>
    mosquittoPub(
      plant.mqttPort,
      ...user,
      ...more,
      '-t',
      `${BASE}/${name}`,
      '-m',
      typeof payload === 'string' ? payload : JSON.stringify(payload),
    );
  const reactor = (): Promise<Reactor> => api.reactor('pi01');
  const reached = (state: string): Promise<Reactor> => seen(reactor, (now) => now.state?.state === state);
  const heard = async (topic: string, fits: (body: Told['body']) => boolean): Promise<Told['body']> => {
    const find = (): Told | undefined => told.find((one) => one.topic === topic && fits(one.body));
    await seen(find, (one) => one !== undefined);
    return find()?.body ?? {};
  };
  const statusesOf = (id: string): unknown[] =>
    told
      .filter(({ topic, body }) => topic === 'updateBatchStatus' && body['Id'] === id)
      .map(({ body }) => body['Status']);
  const problem = (fits: RegExp): Promise<Live> =>
    seen(
      () => api.get<Live>('/live'),
      ({ problems }) => problems.some(({ text }) => fits.test(text)),
    );
  const near = (value: unknown, expected: number): boolean =>
    typeof value === 'number' && Math.abs(value - expected) < 0.1;

  before(async function () {
    needs(this, 'mosquitto_pub', 'mosquitto_sub');
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    env = {
      PLANT_MODE: 'real',
      PORT: String(await freePort()),
      MQTT_PORT: String(await freePort()),
      SENSOR_PORT: String(await freePorts(4)),
    };
    await start();
    passwords = plant.passwords();
    api = await openApi(plant.url, 'operator', passwords['operator']);
    user = ['-u', 'device', '-P', passwords['device'] ?? ''];
    const topics = ['updateBatchStatus', 'measure'].flatMap((topic) => ['-t', topic]);
    listener = spawn(
      'mosquitto_sub',
      ['-h', '127.0.0.1', '-p', String(plant.mqttPort), '-q', '1', ...user, ...topics, '-v'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    assert.ok(listener.stdout);
    createInterface({ input: listener.stdout }).on('line', (line) => {
      const space = line.indexOf(' ');
      told.push({ topic: line.slice(0, space), body: JSON.parse(line.slice(space + 1)) as Told['body'] });
    });
    boards = [await startBoard(plant.sensorPort, '512'), await startBoard(plant.sensorPort + 1, '512')];
    await reached('idle');
  });
  after(async () => {
    for (const board of boards) board.end();
    listener?.kill();
    await plant?.stop();
    if (dataDir !== undefined) rmSync(dataDir, { recursive: true });
  });

  it('reads numbers without anything between them', async () => {
    const { sensors } = await seen(
      reactor,
      (now) => near(now.sensors.temperature?.value, 24.87) && near(now.sensors.pressure?.value, 700),
    );
    assert.equal(sensors.temperature?.quality, 'good');
    assert.equal(sensors.pressure?.quality, 'good');
  });

  it('refuses what is no batch, and one of another reactor', async () => {
    await send('receiveBatch', '{');
    await problem(/batch: must be JSON/);
    await send('receiveBatch', streamRecord('norecipe00', { recipe: false }));
    await problem(/batch.*Recipe/);
    await send('receiveBatch', streamRecord('elsewhere0', { reactor: 'pi02' }));
    const { Reason } = await heard('updateBatchStatus', ({ Id }) => Id === 'elsewhere0');
    assert.match(String(Reason), /pi02/);
    assert.deepEqual(statusesOf('elsewhere0'), ['Rejected']);
    assert.deepEqual(statusesOf('norecipe00'), []);
    await send('command', '{');
    await problem(/JSON|property name/);
    const { state } = await reactor();
    assert.equal(state?.state, 'idle');
    assert.equal(state?.batch, null);
  });

  it('runs a batch of the original, from its record to its measurements', async () => {
    await send('receiveBatch', streamRecord(ID));
    const ready = await reached('ready-to-start');
    assert.equal(ready.state?.batch?.Id, ID);
    assert.deepEqual([ready.heater, ready.cooler, ready.stirrer], [false, false, false]);
    await send('command', { command: 'start', Id: 'another000' });
    await send('command', { command: 'start', Id: ID });
    await heard('updateBatchStatus', ({ Id, Status }) => Id === ID && Status === 'In Progress');
    const { Data, Timestamp, Restrictions } = await heard('measure', ({ Brew }) => Brew === `${EMAIL}|${ID}`);
    const { Temperature, Pressure } = Data as Record<string, unknown>;
    assert.ok(near(Temperature, 24.87), String(Temperature));
    assert.ok(near(Pressure, 700), String(Pressure));
    assert.ok(Math.abs(Number(Timestamp) - Date.now() / 1000) < 30, String(Timestamp));
    assert.equal((Restrictions as unknown[]).length, 3);
  });

  it('goes on when the boards send junk, and says so', async () => {
    const [temperature, pressure] = boards;
    for (const [board, name] of [
      [temperature, 'temperature'],
      [pressure, 'pressure'],
    ] as const) {
      const before = (await api.get<Live>('/live')).problems.map(({ text }) => text);
      const fresh = (text: string): Promise<Live> =>
        seen(
          () => api.get<Live>('/live'),
          ({ problems }) =>
            problems.some(
              (one) =>
                one.text.includes(`${name} board: `) && one.text.includes(text) && !before.includes(one.text),
            ),
        );
      board?.say('abc');
      await fresh('abc');
      board?.say('512');
      await seen(reactor, (now) => now.sensors[name]?.quality === 'good');
    }
    const { state, sensors } = await reactor();
    assert.match(state?.state ?? '', /^(running|ready-for-pickup)$/);
    assert.ok(near(sensors.temperature?.value, 24.87));
  });

  it('keeps a retained batch away from a reactor', async () => {
    // It is refused as news, since the reactor is busy.
    await send('receiveBatch', streamRecord('retained00'), '-r');
    await heard('updateBatchStatus', ({ Id }) => Id === 'retained00');
    await reached('ready-for-pickup');
    await send('command', { command: 'pickup', Id: ID });
    await heard('updateBatchStatus', ({ Id, Status }) => Id === ID && Status === 'Finished');
    await reached('idle');
    assert.equal(await plant.stop(), 0);
    await start();
    api = await openApi(plant.url, 'operator', passwords['operator']);
    // What is sent now comes after what the broker gives at the start.
    await send('receiveBatch', '{');
    await problem(/batch: must be JSON/);
    const { state } = await reached('idle');
    assert.equal(state?.batch, null);
    assert.deepEqual(statusesOf('retained00'), ['Rejected']);
    assert.deepEqual(
      statusesOf(ID).filter((status, index, all) => status !== all[index - 1]),
      ['Ready to Start', 'In Progress', 'Ready for Pickup', 'Finished'],
    );
  });

  it('takes a number a line as well, and drops what is no reading', async () => {
    for (const board of boards) board.end();
    boards = [
      await startBoard(plant.sensorPort, '300\n'),
      await startBoard(plant.sensorPort + 1, '512\n513\n256\n'),
    ];
    await seen(
      reactor,
      (now) => near(now.sensors.temperature?.value, 46.2) && near(now.sensors.pressure?.value, 500),
    );
    for (const junk of ['99999\n', '\u0000\u0001\u00ff\n']) {
      const known = (await api.get<Live>('/live')).problems.length;
      for (const board of boards) board.say(junk);
      await seen(
        () => api.get<Live>('/live'),
        ({ problems }) => problems.length > known,
      );
      const { sensors } = await reactor();
      for (const [value, good] of [
        [sensors.temperature?.value, 46.2],
        [sensors.pressure?.value, 500],
      ] as const)
        assert.ok(value === null || near(value, good), String(value));
    }
    for (const board of boards) board.say('512\n');
    await seen(
      reactor,
      (now) => near(now.sensors.temperature?.value, 24.87) && near(now.sensors.pressure?.value, 700),
    );
  });

  it('has measured nothing that no board has said', async () => {
    const outside = told.filter(({ topic, body }) => {
      if (topic !== 'measure') return false;
      const { Temperature, Pressure } = body['Data'] as Record<string, unknown>;
      return (
        !(Temperature === null || near(Temperature, 24.87)) || !(Pressure === null || near(Pressure, 700))
      );
    });
    assert.deepEqual(outside, []);
    const found = await api.ask('GET', `/batches/${ID}/measurements`);
    // A batch that nobody has made here is not known to the cloud of this plant.
    if (found.status === 200)
      for (const { key, values } of (found.body as { series: Series[] }).series)
        for (const value of values)
          if (key !== 'ph')
            assert.ok(value === null || near(value, key === 'temperature' ? 24.87 : 700), key);
  });
});

describe('bioreactor: a cloud broker that has kept a batch from before', function () {
  this.timeout(120_000);
  const { folder, remove } = temporaryFolder();
  let mosquitto: Mosquitto | undefined;
  let plant: Plant | undefined;
  let wire: Wire | undefined;

  before(function () {
    needs(this, 'mosquitto', 'mosquitto_pub');
  });
  after(async () => {
    await wire?.end();
    await plant?.stop();
    await mosquitto?.stop();
    remove();
  });

  it('gives it to the reactor, which does not take it', async () => {
    const port = await freePort();
    const broker = (mosquitto = await startMosquitto({ folder, port }));
    const send = (batch: object, ...more: string[]): Promise<void> =>
      mosquittoPub(port, ...more, '-t', `${BASE}/receiveBatch`, '-m', JSON.stringify(batch));
    await send(streamRecord('retained00'), '-r');
    wire = await listenOn(port, { filter: '#' });
    plant = await startPlant({
      dataDir: join(folder, 'data'),
      env: { PLANTS: 'bioreactor', CLOUD_MQTT_URL: `mqtt://127.0.0.1:${port}` },
    });
    assert.equal(await plant.running, true, plant.output());
    await seen(
      () => broker.output(),
      (log) => /Sending PUBLISH to pi01 \(d0, q1, r1, .*receiveBatch'/.test(log),
    );
    const refusal = await wire.until('updateJournal', ({ text }) => text.includes('retained message'), 0);
    const { signal, refused, reason, to } = JSON.parse(refusal.text) as Told['body'];
    assert.deepEqual(
      [signal, refused, reason, to],
      ['receive', true, 'a retained message is a replay, not a command', 'idle'],
    );
    // What the reactor says of this one comes after what it would have said of the one before.
    await send(streamRecord('elsewhere0', { reactor: 'pi02' }));
    const { text } = await wire.until('updateBatchStatus', undefined, 0);
    assert.equal((JSON.parse(text) as Told['body'])['Id'], 'elsewhere0');
    const api = await openApi(plant.url, 'operator', plant.passwords()['operator']);
    const { state } = await api.reactor('pi01');
    assert.deepEqual([state?.state, state?.batch], ['idle', null]);
  });
});
