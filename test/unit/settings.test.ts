import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { hashPassword } from '../../nodes/embedded-broker/passwords.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import { settingsFrom, type Settings } from '../../settings.ts';

const secretsWith = async (password: string): Promise<Secrets> => ({
  credentialSecret: 'c',
  sessionKey: 's',
  users: [{ name: 'op', role: 'operator', passwordHash: await hashPassword(password) }],
  service: { name: 'plant', password: 'p', passwordHash: await hashPassword('p') },
  mqttUsersFile: '/data/secrets/mqtt-users.json',
});

describe('settings', () => {
  it('are what `require` gives, as Node-RED loads them', () => {
    const settings = createRequire(import.meta.url)('../../settings.ts') as Settings;
    assert.equal(settings.uiPort, 1880);
    assert.equal(settings.adminAuth.type, 'credentials');
  });

  it('are safe by default', async () => {
    const settings = settingsFrom({}, await secretsWith('right'));
    assert.partialDeepStrictEqual(settings, {
      uiHost: '127.0.0.1',
      httpAdminRoot: '/admin/',
      httpNodeRoot: '/',
      credentialSecret: 'c',
      nodesExcludes: ['90-exec.js'],
      functionExternalModules: false,
      telemetry: { enabled: false },
      diagnostics: { enabled: false },
      editorTheme: { tours: false, page: { title: 'Pilot Plant' }, header: { title: 'Pilot Plant' } },
      externalModules: {
        autoInstall: false,
        palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
        modules: { allowInstall: false },
      },
    });
    for (const guard of [
      settings.httpAdminMiddleware,
      settings.httpNodeAuth,
      settings.webSocketNodeVerifyClient,
      settings.dashboard.ioMiddleware,
    ])
      assert.equal(typeof guard, 'function');
  });

  it('let a user into the editor with the right password only', async () => {
    const { adminAuth } = settingsFrom({}, await secretsWith('right'));
    assert.deepEqual(await adminAuth.authenticate('op', 'right'), { username: 'op', permissions: 'read' });
    assert.equal(await adminAuth.authenticate('op', 'wrong'), null);
    assert.equal(await adminAuth.authenticate('nobody', 'right'), null);
    assert.equal(await adminAuth.users('nobody'), null);
  });

  it('let nobody in and open no broker without secrets', async () => {
    const { adminAuth, pilotPlant } = settingsFrom({});
    assert.equal(await adminAuth.authenticate('admin', ''), null);
    assert.equal(pilotPlant.broker, undefined);
  });

  it('configure the broker, or none where MQTT_URL names another', async () => {
    const secrets = await secretsWith('right');
    assert.partialDeepStrictEqual(
      settingsFrom({ MQTT_PORT: '1999', MQTT_ANONYMOUS: '1' }, secrets).pilotPlant.broker,
      {
        host: '127.0.0.1',
        port: 1999,
        anonymous: { loopback: true, elsewhere: true },
        usersFile: '/data/secrets/mqtt-users.json',
        ingest: { topics: ['history/#'], prefix: 'history/', databaseUrl: '' },
      },
    );
    const elsewhere = settingsFrom({ DATABASE_URL: 'postgres://db/plant' }, secrets).pilotPlant.broker;
    assert.equal(elsewhere?.ingest?.databaseUrl, 'postgres://db/plant');
    assert.equal(settingsFrom({ MQTT_URL: 'mqtt://b' }, secrets).pilotPlant.broker, undefined);
  });
});
