import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mosquittoPub, mosquittoSub, needs, startMosquitto, type Mosquitto } from '../support/mosquitto.ts';
import { heaterIn, openOperator, selected, type Operator } from '../support/operator.ts';
import { freePort, startPlant, type Plant } from '../support/server.ts';
import { listenOn, type Heard, type Wire } from '../support/wire.ts';

const TANK = 'OLP/device/tank/1';
const CONTROL = `${TANK}/control/all`;
const STATUS = `${TANK}/status`;
const SINGLE = ['heater', 'light', 'pump'].map((actuator) => `${TANK}/control/${actuator}`);
const user = { name: 'plant', password: 'p@ss:word/1' };
const login = { username: user.name, password: user.password };

const on = ({ text }: Heard): boolean => text.includes('"heater":true');
const off = ({ text }: Heard): boolean => text.includes('"heater":false');
const is =
  (wanted: string) =>
  ({ text }: Heard): boolean =>
    text === wanted;
const tell = (text: string): void => console.log(`      ${text}`);
const ms = (from: number, to: number): string => `${(to - from).toFixed(0)} ms`;

describe('fish tank on a real Mosquitto', function () {
  this.timeout(90_000);
  let folder: string;
  let port: number;
  let mosquitto: Mosquitto | undefined;
  let plant: Plant | undefined;
  let wire: Wire | undefined;

  before(function () {
    needs(this, 'mosquitto', 'mosquitto_passwd', 'mosquitto_pub', 'mosquitto_sub');
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    port = await freePort();
  });
  afterEach(async () => {
    await wire?.end();
    await plant?.stop('SIGKILL');
    await mosquitto?.stop('SIGKILL');
    wire = plant = mosquitto = undefined;
    rmSync(folder, { recursive: true });
  });

  const startOn = async (url = `mqtt://127.0.0.1:${port}`): Promise<Plant> => {
    const started = await startPlant({ dataDir: join(folder, 'data'), env: { MQTT_URL: url } });
    plant = started;
    assert.equal(await started.running, true, started.output());
    return started;
  };
  const operatorOf = ({ url, passwords }: Plant): Promise<Operator> =>
    openOperator(url, passwords()['operator']);

  it('waits for a broker that comes later, with a password, and opens none of its own', async () => {
    const { name, password } = user;
    const started = await startOn(`mqtt://${name}:${encodeURIComponent(password)}@127.0.0.1:${port}`);
    const own = connect(started.mqttPort, '127.0.0.1');
    const [cause] = (await once(own, 'error')) as [NodeJS.ErrnoException];
    assert.equal(cause.code, 'ECONNREFUSED', 'no broker of our own');
    const operator = await operatorOf(started);
    await operator.model((model) => heaterIn(model) === 100);
    tell('without a broker: control goes on, the heater is on');

    mosquitto = await startMosquitto({ folder, port, user });
    const up = performance.now();
    wire = await listenOn(port, login);
    const status = await wire.until(STATUS, is('online'), 0);
    const control = await wire.until(CONTROL, on, 0);
    for (const topic of [
      `${TANK}/sensors/all`,
      `${TANK}/sensors/temperature`,
      `${TANK}/ranges/all`,
      ...SINGLE,
    ])
      await wire.until(topic, undefined, 0);
    tell(`Mosquitto is up: online after ${ms(up, status.at)}, control data after ${ms(up, control.at)}`);

    const args = ['-u', name, '-P', password];
    const [line = ''] = await mosquittoSub(port, `${TANK}/ranges/all`, { args });
    assert.match(line, /^1 .*"temperature":\{"min":24,"max":26\}/);
    await assert.rejects(mosquittoSub(port, CONTROL), 'nobody else');
    await assert.rejects(mosquittoPub(port, '-t', CONTROL, '-m', '{"heater":true}'));
    assert.ok(!started.output().includes(password));
  });

  it('kill -9 while heating: the last wills switch everything off while the plant is dead', async () => {
    mosquitto = await startMosquitto({ folder, port });
    const started = await startOn();
    wire = await listenOn(port);
    await wire.until(CONTROL, on, 0);
    await wire.until(SINGLE[0] ?? '', is('True'), 0);

    let from = wire.heard.length;
    const killed = performance.now();
    await started.stop('SIGKILL');
    const gone = await wire.until(CONTROL, off, from);
    for (const topic of SINGLE) await wire.until(topic, is('False'), from);
    const status = await wire.until(STATUS, is('offline'), from);
    tell(`kill -9: control off after ${ms(killed, gone.at)}, offline after ${ms(killed, status.at)}`);
    for (const topic of [CONTROL, ...SINGLE]) {
      const [line = ''] = await mosquittoSub(port, topic);
      assert.match(line, /^1 \S+ (False|.*"heater":false.*)$/);
    }
    await mosquittoSub(port, `${TANK}/sensors/all`);

    from = wire.heard.length;
    const restarted = performance.now();
    await startOn();
    await wire.until(STATUS, is('online'), from);
    const again = await wire.until(CONTROL, on, from);
    const first = wire.of(CONTROL, from)[0];
    assert.ok(first && off(first), 'off is said first');
    tell(
      `after the restart: off said after ${ms(restarted, first.at)}, heating again after ${ms(restarted, again.at)}`,
    );
  });

  it('SIGTERM: every control topic is off and the status offline, before it ends', async () => {
    mosquitto = await startMosquitto({ folder, port });
    const started = await startOn();
    wire = await listenOn(port);
    await wire.until(CONTROL, on, 0);
    const from = wire.heard.length;
    const asked = performance.now();
    assert.equal(await started.stop(), 0);
    const ended = performance.now();
    const gone = await wire.until(CONTROL, off, from);
    for (const topic of SINGLE) await wire.until(topic, is('False'), from);
    await wire.until(STATUS, is('offline'), from);
    tell(`SIGTERM: control off after ${ms(asked, gone.at)}, ended after ${ms(asked, ended)}`);
  });

  for (const persistence of [true, false])
    it(`a broker that restarts ${persistence ? 'with' : 'without'} its retained messages hears what counts now`, async () => {
      mosquitto = await startMosquitto({ folder, port, persistence });
      const operator = await operatorOf(await startOn());
      wire = await listenOn(port);
      await wire.until(CONTROL, on, 0);
      await wire.until(`${TANK}/ranges/all`, undefined, 0);
      await mosquitto.stop();
      await operator.act('mode', 'off');
      await operator.model((model) => heaterIn(model) === 0);

      const from = wire.heard.length;
      const restarted = performance.now();
      mosquitto = await startMosquitto({ folder, port, persistence });
      const online = await wire.until(STATUS, is('online'), from);
      const told = await wire.until(CONTROL, (heard) => off(heard) && !heard.retained, from);
      for (const topic of SINGLE)
        await wire.until(topic, (heard) => !heard.retained && is('False')(heard), from);
      await wire.until(`${TANK}/ranges/all`, ({ retained }) => !retained, from);
      await wire.until(`${TANK}/sensors/all`, ({ retained }) => !retained, from);
      // What was on its way when the broker went is sent again by MQTT itself, and overruled at once.
      const stale = wire.of(CONTROL, from).filter((heard) => on(heard) && !heard.retained);
      for (const { at } of stale) assert.ok(at < told.at + 1000, 'a stale on is said for less than a second');
      tell(
        `restarted ${persistence ? 'with' : 'without'} persistence: online after ${ms(restarted, online.at)}, the right control data after ${ms(restarted, told.at)}`,
      );
      assert.match((await mosquittoSub(port, CONTROL))[0] ?? '', /^1 .*"heater":false/);
    });

  it('does not take its own words, come back, for those of an external client', async () => {
    mosquitto = await startMosquitto({ folder, port });
    const operator = await operatorOf(await startOn());
    wire = await listenOn(port);
    await wire.until(CONTROL, on, 0);
    await operator.act('mode', 'off');
    await operator.model((model) => selected(model) === 'off' && heaterIn(model) === 0);
    await operator.act('mode', 'external');
    await operator.model((model) => selected(model) === 'external');
    const wanted = { heater: true, light: true, pump: true };
    const published = performance.now();
    await mosquittoPub(port, '-t', CONTROL, '-m', JSON.stringify(wanted));
    const applied = (heard: Heard): boolean =>
      heard.text.includes('"heater":true,"light":true,"pump":true') && heard.text.includes('validFor');
    await wire.until(CONTROL, applied, 0);
    const half = wire.heard.length;
    // The link is lost and comes back: that is no command either. (A broker that has the time to send the last wills
    // says off, and that would be one.)
    await mosquitto.stop('SIGKILL');
    mosquitto = await startMosquitto({ folder, port });
    await wire.until(CONTROL, ({ retained }) => !retained, half);
    const gone = await wire.until(
      CONTROL,
      ({ text }) => /"heater":false,"light":true,"pump":false/.test(text),
      half,
    );
    const seconds = (gone.at - published) / 1000;
    tell(
      `heater and pump are off ${seconds.toFixed(2)} s after the client's only message, over a broker's restart`,
    );
    assert.ok(seconds > 29.5 && seconds < 31.5, `${seconds} s`);
    const model = await operator.model((found) => heaterIn(found) === 0);
    assert.equal(model['owner/heater']?.['owner'], 'off');
    assert.equal(model['owner/light']?.['payload'], true);
  });
});
