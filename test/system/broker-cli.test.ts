import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { hashPassword } from '../../nodes/embedded-broker/passwords.ts';
import { endAll, startBroker } from '../support/broker.ts';

const run = promisify(execFile);
const installed = ['mosquitto_pub', 'mosquitto_sub'].every(
  (program) => spawnSync(program, ['--help']).error === undefined,
);
const CONTROL = 'OLP/device/tank/id/control/all';

describe('embedded broker and the Mosquitto clients', () => {
  before(function () {
    if (installed) return;
    if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error('mosquitto_pub and mosquitto_sub are needed');
    this.skip();
  });
  afterEach(endAll);

  const pub = (port: number, ...args: string[]) =>
    run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-q', '1', ...args]);
  /** One message, or a failure after some seconds. */
  const sub = (port: number, ...args: string[]) =>
    run('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-C', '1', '-W', '5', ...args]);
  const failure = (program: Promise<unknown>): Promise<{ code: number; stderr: string }> =>
    program.then(
      () => assert.fail('it did not fail'),
      (cause: unknown) => cause as { code: number; stderr: string },
    );

  it('gives a retained record at once, also after a restart', async () => {
    const { port, dataDir, ...broker } = await startBroker();
    await pub(port, '-r', '-t', CONTROL, '-m', '{"heater":true}');
    assert.equal((await sub(port, '-t', 'OLP/device/#', '-v')).stdout, `${CONTROL} {"heater":true}\n`);
    await broker.stop();
    const again = await startBroker({ dataDir });
    assert.equal((await sub(again.port, '-t', CONTROL)).stdout, '{"heater":true}\n');
  });

  it('speaks MQTT 3.1 and 3.1.1, and tells a client of MQTT 5 so', async () => {
    const { port } = await startBroker();
    for (const version of ['mqttv31', 'mqttv311']) await pub(port, '-V', version, '-t', CONTROL, '-m', 'x');
    const { code, stderr } = await failure(pub(port, '-V', 'mqttv5', '-t', CONTROL, '-m', 'x'));
    assert.notEqual(code, 0);
    assert.match(stderr, /protocol/i);
  });

  it('lets a user in by password, and nobody else', async () => {
    const user = { name: 'ann', passwordHash: await hashPassword('secret') };
    const { port } = await startBroker({
      users: [{ ...user, rights: [{ allow: 'readwrite', filter: 'plant/#' }] }],
      anonymous: { loopback: false },
    });
    await pub(port, '-u', 'ann', '-P', 'secret', '-r', '-t', 'plant/x', '-m', '1');
    assert.equal((await sub(port, '-u', 'ann', '-P', 'secret', '-t', 'plant/#')).stdout, '1\n');
    const wrong = await failure(pub(port, '-u', 'ann', '-P', 'guess', '-t', 'plant/x', '-m', '1'));
    assert.match(wrong.stderr, /bad user name or password/);
    assert.match((await failure(pub(port, '-t', CONTROL, '-m', '1'))).stderr, /not authori[sz]ed/);
  });

  it('refuses a pupil what is not theirs', async () => {
    const { port } = await startBroker();
    assert.match((await sub(port, '-t', '$SYS/#')).stderr, /denied/);
    assert.notEqual((await failure(pub(port, '-t', 'plant/x', '-m', '1'))).code, 0);
  });

  it('sends the last will of a client that is killed', async () => {
    const { port } = await startBroker();
    const will = ['--will-topic', 'OLP/device/w', '--will-payload', 'gone', '--will-retain'];
    await pub(port, '-r', '-t', 'OLP/device/x', '-m', 'up');
    const device = spawn('mosquitto_sub', [
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-t',
      'OLP/device/x',
      ...will,
    ]);
    await once(device.stdout, 'data');
    device.kill('SIGKILL');
    assert.equal((await sub(port, '-t', 'OLP/device/w')).stdout, 'gone\n');
  });
});
