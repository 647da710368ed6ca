import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { freePort, startPlant, type Plant } from '../support/server.ts';

const programs = ['mosquitto', 'mosquitto_passwd', 'openssl'];
const missing = programs.filter((program) => spawnSync(program, ['--help']).error !== undefined);

describe('MQTT_URL and TLS', function () {
  this.timeout(60_000);
  let folder: string;
  let mosquitto: ChildProcess | undefined;
  let plant: Plant | undefined;
  let port: number;
  before(function () {
    if (missing.length === 0) return;
    if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error(`missing: ${missing.join(', ')}`);
    this.skip();
  });

  /** A real Mosquitto with TLS and a password, nobody else let in. */
  const startMosquitto = async (): Promise<void> => {
    port = await freePort();
    const file = (name: string): string => join(folder, name);
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...made, ...subject], {
      stdio: 'ignore',
    });
    execFileSync('mosquitto_passwd', ['-b', '-c', file('passwords'), 'me', 'p@ss'], { stdio: 'ignore' });
    // Started by root, Mosquitto reads its files as a user of its own.
    chmodSync(folder, 0o755);
    for (const name of ['key.pem', 'passwords']) chmodSync(file(name), 0o644);
    const config = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${file('passwords')}`,
      `certfile ${file('cert.pem')}`,
      `keyfile ${file('key.pem')}`,
    ];
    writeFileSync(file('mosquitto.conf'), config.join('\n'));
    mosquitto = spawn('mosquitto', ['-v', '-c', file('mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const text of mosquitto.stderr ?? []) if (String(text).includes('running')) break;
    mosquitto.stderr?.resume();
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    await startMosquitto();
  });
  afterEach(async () => {
    await plant?.stop('SIGKILL');
    if (mosquitto?.kill()) await once(mosquitto, 'exit');
    rmSync(folder, { recursive: true });
  });

  it('uses the named broker, opens none, and serves its pages over TLS', async () => {
    const certificate = join(folder, 'cert.pem');
    plant = await startPlant({
      dataDir: join(folder, 'data'),
      flowsDir: join(import.meta.dirname, '..', 'support', 'flows'),
      env: {
        MQTT_URL: `mqtts://me:p%40ss@127.0.0.1:${port}`,
        TLS_CA: certificate,
        TLS_CERT: certificate,
        TLS_KEY: join(folder, 'key.pem'),
      },
    });
    assert.equal(await plant.running, true, plant.output());
    assert.match(plant.output(), new RegExp(`MQTT {8}mqtts://127\\.0\\.0\\.1:${port} \\(not ours\\)`));
    assert.ok(!plant.output().includes('p@ss') && !plant.output().includes('p%40ss'));

    const refused = connect(plant.mqttPort, '127.0.0.1');
    const [cause] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    assert.equal(cause.code, 'ECONNREFUSED', 'no broker of our own');

    const ca = readFileSync(certificate);
    const client = await connectAsync(`mqtts://127.0.0.1:${port}`, { ca, username: 'me', password: 'p@ss' });
    const states: string[] = [];
    const seen = (state: string): Promise<void> =>
      new Promise((resolve) =>
        client.on('message', (_topic, payload) => {
          states.push(payload.toString());
          if (payload.toString() === state) resolve();
        }),
      );
    const online = seen('online');
    await client.subscribeAsync('OLP/device/status', { qos: 1 });
    await online;

    assert.match(plant.output(), /Dashboard {3}https:/);
    const [page] = await once(get({ host: '127.0.0.1', port: plant.port, path: '/login', ca }), 'response');
    const { statusCode, headers } = page as { statusCode: number; headers: Record<string, string> };
    assert.equal(statusCode, 200);
    assert.match(headers['strict-transport-security'] ?? '', /max-age/);

    const closed = seen('closed');
    assert.equal(await plant.stop(), 0);
    await closed;
    await client.endAsync(true);
  });
});
