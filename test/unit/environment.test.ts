import assert from 'node:assert/strict';
import { flowVariables, inUrl, reachable, readEnvironment } from '../../runtime/environment.ts';
import { Refusal } from '../../runtime/refusal.ts';

describe('environment', () => {
  it('has a default for everything', () => {
    const { dataDir, ...rest } = readEnvironment({});
    assert.match(dataDir, /\/data$/);
    assert.deepEqual(rest, {
      port: 1880,
      host: '127.0.0.1',
      allowedHosts: [],
      plants: undefined,
      plantMode: 'simulated',
      tanks: 3,
      mqttPort: 1883,
      mqttAnonymous: false,
      mqttUrl: undefined,
      cloud: { broker: undefined, profile: 'mqtt', caFile: undefined, client: undefined },
      sensorPort: 8090,
      sensorSeconds: 2,
      measureSeconds: 5,
      sensorHost: '127.0.0.1',
      tls: undefined,
      caFile: undefined,
      databaseUrl: '',
      credentialSecret: undefined,
      alarms: { smtpUrl: '', mailTo: '', mailFrom: '', webhook: '' },
    });
  });

  const accepted: [Record<string, string>, object][] = [
    [{ PORT: '8080' }, { port: 8080 }],
    [{ PORT: '  ' }, { port: 1880 }],
    [{ HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
    [{ HOST: '::' }, { host: '::' }],
    [{ HOST: 'pi.local' }, { host: 'pi.local' }],
    [
      { ALLOWED_HOSTS: 'plant.example.org, other.example' },
      { allowedHosts: ['plant.example.org', 'other.example'] },
    ],
    [{ PLANTS: 'fish-tank, power,fish-tank' }, { plants: ['fish-tank', 'power'] }],
    [{ PLANTS: 'all' }, { plants: undefined }],
    [{ PLANT_MODE: 'real' }, { plantMode: 'real' }],
    [{ TANKS: '1' }, { tanks: 1 }],
    [{ MQTT_ANONYMOUS: '1' }, { mqttAnonymous: true }],
    [{ MQTT_ANONYMOUS: 'false' }, { mqttAnonymous: false }],
    [{ NODE_RED_CREDENTIAL_SECRET: 's' }, { credentialSecret: 's' }],
    [
      { MQTT_URL: 'mqtts://me:p%40ss@broker.example' },
      { mqttUrl: { host: 'broker.example', port: 8883, tls: true, user: 'me', password: 'p@ss' } },
    ],
    [
      { MQTT_URL: 'mqtt://[::1]:1999' },
      { mqttUrl: { host: '::1', port: 1999, tls: false, user: '', password: '' } },
    ],
    [{ PORT: '1883', MQTT_URL: 'mqtt://b' }, { port: 1883 }],
    [
      { SENSOR_PORT: '9000', SENSOR_HOST: '0.0.0.0' },
      { sensorPort: 9000, sensorHost: '0.0.0.0' },
    ],
    [
      {
        CLOUD_MQTT_URL: 'mqtts://iot.example',
        CLOUD_PROFILE: 'aws-iot-core',
        CLOUD_TLS_CA: '/ca.pem',
        CLOUD_TLS_CERT: '/c.pem',
        CLOUD_TLS_KEY: '/k.pem',
      },
      {
        cloud: {
          broker: { host: 'iot.example', port: 8883, tls: true, user: '', password: '' },
          profile: 'aws-iot-core',
          caFile: '/ca.pem',
          client: { certFile: '/c.pem', keyFile: '/k.pem' },
        },
      },
    ],
    [
      { SMTP_URL: 'smtps://me:pass@mail.example', ALARM_MAIL_TO: 'a@b.c', ALARM_WEBHOOK: 'https://x/y' },
      {
        alarms: {
          smtpUrl: 'smtps://me:pass@mail.example',
          mailTo: 'a@b.c',
          mailFrom: '',
          webhook: 'https://x/y',
        },
      },
    ],
    [{ DATABASE_URL: ' postgres://me:p%40ss@db/plant ' }, { databaseUrl: 'postgres://me:p%40ss@db/plant' }],
    [{ TLS_CERT: '/c.pem', TLS_KEY: '/k.pem' }, { tls: { certFile: '/c.pem', keyFile: '/k.pem' } }],
  ];
  for (const [env, expected] of accepted)
    it(`reads ${JSON.stringify(env)}`, () => assert.partialDeepStrictEqual(readEnvironment(env), expected));

  const refused: [Record<string, string>, string][] = [
    [{ PORT: 'abc' }, 'PORT: must be a whole number from 1 to 65535, got "abc"'],
    [{ PORT: '0' }, 'PORT: must be a whole number from 1 to 65535, got "0"'],
    [{ PORT: '18.5' }, 'PORT: must be a whole number from 1 to 65535, got "18.5"'],
    [{ PORT: '0x50' }, 'PORT: must be a whole number from 1 to 65535, got "0x50"'],
    [{ HOST: 'two words' }, 'HOST: must be an address or a host name, got "two words"'],
    [{ ALLOWED_HOSTS: 'a b' }, 'ALLOWED_HOSTS: must be host names, got "a b"'],
    [
      { PLANTS: 'fish-tank,../x' },
      'PLANTS: must be names as in "fish-tank,fermenter", or all, got "fish-tank,../x"',
    ],
    [{ PLANT_MODE: 'fake' }, 'PLANT_MODE: must be simulated or real, got "fake"'],
    [{ TANKS: '4' }, 'TANKS: must be a whole number from 1 to 3, got "4"'],
    [{ MQTT_PORT: '1880' }, 'MQTT_PORT: must differ from PORT, got "1880"'],
    [{ MQTT_ANONYMOUS: 'perhaps' }, 'MQTT_ANONYMOUS: must be 1 or 0, got "perhaps"'],
    [
      { MQTT_URL: 'me:secret@b' },
      'MQTT_URL: must look like mqtt://host:1883 or mqtts://host:8883, got "…@b"',
    ],
    [
      { MQTT_URL: 'mqtt://me:100%@b' },
      'MQTT_URL: must look like mqtt://host:1883 or mqtts://host:8883, got "mqtt://…@b"',
    ],
    [
      { MQTT_URL: 'http://me:secret@b' },
      'MQTT_URL: must look like mqtt://host:1883 or mqtts://host:8883, got "http://…@b"',
    ],
    [
      { SMTP_URL: 'http://me:secret@mail' },
      'SMTP_URL: must look like smtp://user:password@host:587 or smtps://…, got "http://…@mail"',
    ],
    [{ SMTP_URL: 'smtp://mail' }, 'ALARM_MAIL_TO: must be e-mail addresses when SMTP_URL is set, got ""'],
    [
      { SMTP_URL: 'smtp://mail', ALARM_MAIL_TO: 'anna' },
      'ALARM_MAIL_TO: must be e-mail addresses such as anna@example.org, got "anna"',
    ],
    [
      { ALARM_WEBHOOK: 'hook.example/secret' },
      'ALARM_WEBHOOK: must be an http or https URL, got "hook.example…"',
    ],
    [
      { DATABASE_URL: 'mongodb://me:secret@db/plant' },
      'DATABASE_URL: must look like sqlite:/path/history.sqlite, postgres://user:password@host:5432/name or ' +
        'mysql://user:password@host:3306/name, got "mongodb://…@db/plant"',
    ],
    [
      { CLOUD_MQTT_URL: 'tcp://b' },
      'CLOUD_MQTT_URL: must look like mqtt://host:1883 or mqtts://host:8883, got "tcp://b"',
    ],
    [{ CLOUD_PROFILE: 'azure' }, 'CLOUD_PROFILE: must be mqtt or aws-iot-core, got "azure"'],
    [{ CLOUD_TLS_CERT: '/c.pem' }, 'CLOUD_TLS_KEY: must name a file when CLOUD_TLS_CERT does, got ""'],
    [{ SENSOR_PORT: '65533' }, 'SENSOR_PORT: must be a whole number from 1 to 65532, got "65533"'],
    [{ SENSOR_SECONDS: '301' }, 'SENSOR_SECONDS: must be a whole number from 1 to 300, got "301"'],
    [{ MEASURE_SECONDS: '0' }, 'MEASURE_SECONDS: must be a whole number from 1 to 86400, got "0"'],
    [{ SENSOR_HOST: 'a b' }, 'SENSOR_HOST: must be an address or a host name, got "a b"'],
    [{ TLS_CERT: '/c.pem' }, 'TLS_KEY: must name a file when TLS_CERT does, got ""'],
    [{ TLS_KEY: '/k.pem' }, 'TLS_CERT: must name a file when TLS_KEY does, got ""'],
  ];
  for (const [env, message] of refused)
    it(`refuses ${JSON.stringify(env)}`, () =>
      assert.throws(
        () => readEnvironment(env),
        (cause) => cause instanceof Refusal && cause.message === message && cause.exitCode === 1,
      ));

  it('gives the flows a value for every variable', () => {
    const service = { name: 'plant', password: 'secret' };
    assert.deepEqual(flowVariables(readEnvironment({ HOST: '0.0.0.0', MQTT_PORT: '1999' }), service), {
      PLANT_MODE: 'simulated',
      TANKS: '3',
      MQTT_HOST: '127.0.0.1',
      MQTT_PORT: '1999',
      MQTT_TLS: '',
      MQTT_USER: 'plant',
      MQTT_PASSWORD: 'secret',
      TLS_CA: '',
      CLOUD_MQTT_HOST: '127.0.0.1',
      CLOUD_MQTT_PORT: '1999',
      CLOUD_MQTT_TLS: '',
      CLOUD_MQTT_USER: 'plant',
      CLOUD_MQTT_PASSWORD: 'secret',
      CLOUD_TLS_CA: '',
      CLOUD_TLS_CERT: '',
      CLOUD_TLS_KEY: '',
      CLOUD_PROFILE: 'mqtt',
      SENSOR_PORT: '8090',
      SENSOR_SECONDS: '2',
      MEASURE_SECONDS: '5',
      SENSOR_HOST: '127.0.0.1',
      SENSOR_REACHABLE: '127.0.0.1',
      DATABASE_URL: '',
      SMTP_URL: '',
      ALARM_MAIL_TO: '',
      ALARM_MAIL_FROM: '',
      ALARM_WEBHOOK: '',
    });
    assert.partialDeepStrictEqual(
      flowVariables(readEnvironment({ MQTT_URL: 'mqtts://u:p@b', TLS_CA: '/ca' }), service),
      {
        MQTT_HOST: 'b',
        MQTT_PORT: '8883',
        MQTT_TLS: 'true',
        MQTT_USER: 'u',
        MQTT_PASSWORD: 'p',
        TLS_CA: '/ca',
        CLOUD_MQTT_HOST: 'b',
        CLOUD_MQTT_USER: 'u',
        CLOUD_TLS_CA: '/ca',
      },
    );
    assert.partialDeepStrictEqual(
      flowVariables(readEnvironment({ MQTT_URL: 'mqtts://u:p@b', CLOUD_MQTT_URL: 'mqtt://c' }), service),
      {
        MQTT_HOST: 'b',
        CLOUD_MQTT_HOST: 'c',
        CLOUD_MQTT_PORT: '1883',
        CLOUD_MQTT_TLS: '',
        CLOUD_MQTT_USER: '',
        CLOUD_MQTT_PASSWORD: '',
        CLOUD_TLS_CA: '',
      },
    );
  });

  it('knows how a program on this machine reaches a server', () => {
    assert.deepEqual(['0.0.0.0', '::', '10.0.0.5'].map(reachable).map(inUrl), [
      '127.0.0.1',
      '[::1]',
      '10.0.0.5',
    ]);
  });
});
