import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { createAuthority, SERVER, type Authority, type Pair } from '../support/certificates.ts';
import { needs, startMosquitto, type Mosquitto } from '../support/mosquitto.ts';
import { signIn } from '../support/operator.ts';
import { freePort, startPlant, type Plant } from '../support/server.ts';
import { listenOn, type Wire } from '../support/wire.ts';

const BASE = '/TJ/22105/pi01';
const PATIENCE_MS = 60_000;
const MEASURE_MS = 5000;
const recipe = {
  Name: 'La cheve de Luz',
  DurationSeconds: 30,
  Ingredients: {
    Water: 10,
    Hops: [{ name: 'Hop1', amount: 400 }],
    Yeast: [{ name: 'Yeast1', amount: 200 }],
    Syrup: [{ name: 'Malt', amount: 600 }],
  },
  Restrictions: [
    { Sensor: 'Temperature', min: 16, max: 22 },
    { Sensor: 'PH', min: 5, max: 9 },
    { Sensor: 'Pressure', min: 500, max: 940 },
  ],
};

interface Reactor {
  readonly id: string;
  readonly state?: { readonly state: string; readonly status: string | null; readonly measured: number };
  readonly outbox?: { readonly connected: boolean; readonly waiting: number; readonly dropped: number };
}
interface Stored {
  readonly Id: string;
  readonly Status: string;
}
interface Measure {
  readonly Brew: string;
  /** ms, process time */
  readonly Time: number;
}

/** A person at the HTTP API of the bioreactors. */
interface Person {
  ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>;
  reactor(fits: (reactor: Reactor) => boolean): Promise<Reactor>;
  press(): Promise<unknown>;
}
/** Asks until the answer fits. */
const until = async <T>(asked: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> => {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await asked();
    if (fits(answer)) return answer;
    if (performance.now() > end) throw new Error(`not in time; the last: ${JSON.stringify(answer)}`);
    await delay(100);
  }
};
const openPerson = async (url: string, password = ''): Promise<Person> => {
  const cookie = await signIn(url, 'operator', password);
  const headers = { ...cookie, 'Content-Type': 'application/json', Origin: url };
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}/api/bioreactor${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const first = async (): Promise<Reactor> => {
    const { reactors } = await ask<{ readonly reactors: readonly Reactor[] }>('GET', '/live');
    const reactor = reactors.find(({ id }) => id === 'pi01');
    assert.ok(reactor);
    return reactor;
  };
  return {
    ask,
    reactor: (fits) => until(first, fits),
    press: () => ask('POST', '/reactors/pi01/command', { command: 'press' }),
  };
};
const inState =
  (state: string) =>
  (reactor: Reactor): boolean =>
    reactor.state?.state === state;
const isConnected = ({ outbox }: Reactor): boolean => outbox?.connected === true;
const isAway = ({ outbox }: Reactor): boolean => outbox?.connected === false;
const asks = (count: number) => (reactor: Reactor) => (reactor.state?.measured ?? 0) >= count;

const timeIn = (text: string): number => (JSON.parse(text) as Measure).Time;
const timesOf = (wire: Wire): number[] => wire.of('measure').map(({ text }) => timeIn(text));
/** Each value where it stands first. */
const unique = (values: readonly number[]): number[] => [...new Set(values)];
const rising = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** The first of some ports in a row that nobody listens on. */
const freeRow = async (count: number): Promise<number> => {
  const first = 20_000 + Math.floor(Math.random() * 30_000);
  const servers = Array.from({ length: count }, (_, index) =>
    createServer().listen(first + index, '127.0.0.1'),
  );
  const free = await Promise.all(
    servers.map((one) =>
      once(one, 'listening').then(
        () => true,
        () => false,
      ),
    ),
  );
  await Promise.all(servers.map((one) => new Promise<void>((resolve) => one.close(() => resolve()))));
  return free.every(Boolean) ? first : freeRow(count);
};

/** The measurements that wait in a state file, oldest first. */
const waitingIn = (dataDir: string): number[] => {
  const database = new DatabaseSync(join(dataDir, 'state.sqlite'), { readOnly: true });
  const rows = database.prepare('SELECT payload FROM outbox WHERE topic = ? ORDER BY seq').all('measure');
  database.close();
  return rows.map(({ payload }) => timeIn(Buffer.from(payload as Uint8Array).toString()));
};

describe('the broker between reactors and their records: a real Mosquitto with certificates', function () {
  this.timeout(300_000);
  let certificates: string;
  let ours: Authority;
  let other: Authority;
  let crl: string;
  let server: Pair;
  let good: Pair;
  let revoked: Pair;
  let folder: string;
  let port: number;
  let sensorPort: number;
  let mosquitto: Mosquitto | undefined;
  let plant: Plant | undefined;
  let wire: Wire | undefined;

  before(function () {
    needs(this, 'mosquitto', 'openssl');
    certificates = mkdtempSync(join(tmpdir(), 'certificates-'));
    // As a broker that root has started reads it.
    chmodSync(certificates, 0o755);
    ours = createAuthority(join(certificates, 'ours'), 'ours');
    other = createAuthority(join(certificates, 'other'), 'other');
    server = ours.issue('127.0.0.1', { extensions: SERVER });
    good = ours.issue('pi01');
    revoked = ours.issue('stolen');
    ours.revoke(revoked);
    crl = ours.list();
  });
  after(() => {
    if (certificates) rmSync(certificates, { recursive: true });
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    port = await freePort();
    sensorPort = await freeRow(4);
  });
  afterEach(async () => {
    await wire?.end();
    await plant?.stop('SIGKILL');
    await mosquitto?.stop('SIGKILL');
    wire = plant = mosquitto = undefined;
    rmSync(folder, { recursive: true });
  });

  const startBroker = async ({ cert, key }: Pair = server): Promise<Mosquitto> =>
    (mosquitto = await startMosquitto({ folder, port, tls: { ca: ours.cert, crl, cert, key } }));
  const filesOf = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });
  const witness = async (): Promise<Wire> =>
    (wire = await listenOn(port, { filter: '#', ca: readFileSync(ours.cert), ...filesOf(good) }));

  /** The passwords are only told at the first start. */
  let password: string | undefined;
  const dataDir = (): string => join(folder, 'data');
  const start = async ({ cert, key }: Pair = good): Promise<Person> => {
    plant = await startPlant({
      dataDir: dataDir(),
      env: {
        PLANTS: 'bioreactor',
        CLOUD_MQTT_URL: `mqtts://127.0.0.1:${port}`,
        CLOUD_TLS_CA: ours.cert,
        CLOUD_TLS_CERT: cert,
        CLOUD_TLS_KEY: key,
        CLOUD_PROFILE: 'aws-iot-core',
        SENSOR_PORT: String(sensorPort),
      },
    });
    assert.equal(await plant.running, true, plant.output());
    password = plant.passwords()['operator'] ?? password;
    return openPerson(plant.url, password);
  };
  /** A recipe and a batch of it; gives the id once the reactor has it and waits for its button. */
  const makeBatch = async (person: Person): Promise<string> => {
    await person.reactor(isConnected);
    await person.ask('POST', '/recipes', recipe);
    const { items } = await person.ask<{ items: { Id: string }[] }>('GET', '/facilities');
    const Facility = items.find(({ Id }) => Id.startsWith('TJ|22105'))?.Id;
    const made = await person.ask<{ batch: Stored }>('POST', '/batches', { Recipe: recipe.Name, Facility });
    await person.reactor(inState('ready-to-start'));
    return made.batch.Id;
  };
  const finished = (person: Person, id: string): Promise<unknown> =>
    until(
      () => person.ask<{ items: readonly Stored[] }>('GET', '/batches'),
      ({ items }) => items.some(({ Id, Status }) => Id === id && Status === 'Finished'),
    );

  it('carries a batch there and back, by a certificate, at QoS 1 at most', async () => {
    const broker = await startBroker();
    const heard = await witness();
    const person = await start();
    const id = await makeBatch(person);
    await person.press();
    await person.reactor(asks(2));
    await person.reactor(inState('ready-for-pickup'));
    await person.press();
    await finished(person, id);
    await heard.until('updateBatchStatus', ({ text }) => text.includes('"Finished"'), 0);

    const [given] = heard.of(`${BASE}/receiveBatch`).map(({ text }) => JSON.parse(text) as Stored);
    assert.equal(given?.Id, id);
    const statuses = heard.of('updateBatchStatus').map(({ text }) => JSON.parse(text) as Stored);
    assert.deepEqual(
      [...new Set(statuses.map(({ Id, Status }) => `${Id} ${Status}`))],
      ['Ready to Start', 'In Progress', 'Ready for Pickup', 'Finished'].map((Status) => `${id} ${Status}`),
    );
    const measures = heard.of('measure').map(({ text }) => JSON.parse(text) as Measure);
    assert.equal(measures.length, (recipe.DurationSeconds * 1000) / MEASURE_MS);
    assert.ok(measures.every(({ Brew }) => Brew === `operator|${id}`));

    const published = [...broker.output().matchAll(/Received PUBLISH from (\S+) \(d\d, q(\d).*'(.*?)'/g)];
    assert.deepEqual([...new Set(published.map(([, who]) => String(who)))].toSorted(), [
      'pi01',
      'pi02',
      'pilot-plant-cloud',
    ]);
    assert.deepEqual([...new Set(published.map(([, , qos]) => qos))], ['1']);
  });

  const refusals: readonly (readonly [string, () => Pair | undefined, RegExp])[] = [
    ['without one', () => undefined, /certificate required|handshake failure/],
    ['of another authority', () => other.issue('pi01'), /unknown ca/],
    ['that is over', () => ours.issue('pi01', { days: -1 }), /certificate expired/],
    ['that is revoked', () => revoked, /certificate revoked/],
  ];
  describe('lets in no certificate', () => {
    for (const [name, pair, reason] of refusals)
      it(name, async () => {
        await startBroker();
        const ca = readFileSync(ours.cert);
        const connect = async (files?: Pair): Promise<void> => {
          const options = { ca, reconnectPeriod: 0, ...(files ? filesOf(files) : {}) };
          const client = await connectAsync(`mqtts://127.0.0.1:${port}`, options, false);
          await client.endAsync(true);
        };
        await connect(good);
        await assert.rejects(connect(pair()), reason);
      });
  });

  it('lets in no plant with a revoked certificate, whose reactor goes on by its button', async () => {
    const broker = await startBroker();
    let person = await start();
    const id = await makeBatch(person);
    await plant?.stop();
    const known = broker.output().length;

    person = await start(revoked);
    await person.reactor((reactor) => isAway(reactor) && inState('ready-to-start')(reactor));
    await person.press();
    await person.reactor(
      (reactor) => inState('running')(reactor) && asks(1)(reactor) && (reactor.outbox?.waiting ?? 0) > 0,
    );
    await person.reactor(inState('ready-for-pickup'));
    await person.press();
    const { outbox } = await person.reactor(inState('cleaning'));
    assert.equal(outbox?.connected, false);
    assert.match(broker.output().slice(known), /certificate verify failed/);
    assert.doesNotMatch(broker.output().slice(known), /New client connected/);

    await plant?.stop();
    person = await start(good);
    await finished(person, id);
  });

  it('is not believed by a plant when its certificate is of another authority', async () => {
    const broker = await startBroker(other.issue('127.0.0.1', { extensions: SERVER }));
    const person = await start();
    await person.reactor(isAway);
    await until(
      () => Promise.resolve(broker.output()),
      (log) => log.includes('disconnected'),
    );
    assert.doesNotMatch(broker.output(), /New client connected/);
    const { outbox } = await person.reactor(inState('idle'));
    assert.equal(outbox?.connected, false);
  });

  it('may be away while a batch runs and the plant is killed: nothing of the batch is lost', async () => {
    await startBroker();
    const heard = await witness();
    let person = await start();
    const id = await makeBatch(person);
    await person.press();
    await heard.until('measure', () => true, 0);

    await mosquitto?.stop('SIGKILL');
    const before = timesOf(heard);
    const { state } = await person.reactor(
      (reactor) => isAway(reactor) && (reactor.outbox?.waiting ?? 0) > 1,
    );
    assert.equal(state?.state, 'running');
    await plant?.stop('SIGKILL');
    const waiting = waitingIn(dataDir());
    assert.ok(waiting.length > 0);

    person = await start();
    await person.reactor((reactor) => isAway(reactor) && inState('running')(reactor));
    await person.reactor(inState('ready-for-pickup'));
    await person.press();
    const { outbox, state: last } = await person.reactor(inState('cleaning'));
    assert.ok((outbox?.waiting ?? 0) > waiting.length);
    assert.equal(outbox?.dropped, 0);
    const kept = waitingIn(dataDir());
    assert.deepEqual(kept.slice(0, waiting.length), waiting, 'kept over the kill');

    await startBroker();
    await person.reactor((reactor) => isConnected(reactor) && reactor.outbox?.waiting === 0);
    const arrived = unique(timesOf(heard));
    assert.deepEqual(arrived, rising(arrived), 'in order');
    assert.deepEqual(arrived, unique([...before, ...kept]), 'none lost');
    assert.equal(arrived.length, last?.measured);
    await finished(person, id);
  });
});
