import assert from 'node:assert/strict';
import { isFitToSave, parse } from '../../nodes/plant-database/config.ts';
import { reportOf } from '../../nodes/plant-database/report.ts';
import { parseDatabaseUrl, withLogin } from '../../nodes/plant-database/url.ts';

const server = { user: '', password: '', tls: false };

describe('a database URL', () => {
  const read: [string, object][] = [
    ['', { kind: 'sqlite', file: '', name: 'history.sqlite' }],
    ['  ', { kind: 'sqlite', file: '' }],
    ['sqlite:/data/a.sqlite', { kind: 'sqlite', file: '/data/a.sqlite' }],
    ['sqlite:///data/a.sqlite', { kind: 'sqlite', file: '/data/a.sqlite' }],
    ['sqlite:a b.sqlite', { kind: 'sqlite', file: 'a b.sqlite' }],
    [
      'postgres://me:p%40ss@db.example/plant',
      {
        kind: 'postgres',
        host: 'db.example',
        port: 5432,
        user: 'me',
        password: 'p@ss',
        database: 'plant',
        tls: false,
        name: 'postgres://db.example:5432/plant',
      },
    ],
    ['postgresql://db:6000/plant?tls', { ...server, kind: 'postgres', port: 6000, tls: true }],
    ['mysql://[::1]/plant', { ...server, kind: 'mysql', host: '::1', port: 3306 }],
    ['mariadb://db/plant', { ...server, kind: 'mysql' }],
  ];
  for (const [url, expected] of read)
    it(`reads ${JSON.stringify(url)}`, () =>
      assert.partialDeepStrictEqual(parseDatabaseUrl(url, 'url'), expected));

  const refused: [string, string][] = [
    ['mongodb://me:secret@db/plant', 'mongodb://…@db/plant'],
    ['postgres://me:secret@db', 'postgres://…@db'],
    ['postgres://me:100%@db/plant', 'postgres://…@db/plant'],
    ['mysql:///plant', 'mysql:///plant'],
    ['sqlite:', 'sqlite:'],
    ['history.sqlite', 'history.sqlite'],
  ];
  for (const [url, shown] of refused)
    it(`refuses ${url}, and shows no password`, () =>
      assert.throws(() => parseDatabaseUrl(url, 'url'), {
        message:
          'url: must look like sqlite:/path/history.sqlite, postgres://user:password@host:5432/name or ' +
          `mysql://user:password@host:3306/name, got "${shown}"`,
      }));

  it('refuses a parameter that it would not heed', () =>
    assert.throws(() => parseDatabaseUrl('postgres://me:secret@db/plant?sslmode=require', 'url'), {
      message: 'url: after ? there may be tls and nothing else, got "sslmode"',
    }));

  it('takes user and password from elsewhere', () => {
    const address = parseDatabaseUrl('postgres://me:old@db/plant', 'url');
    assert.partialDeepStrictEqual(withLogin(address, { user: '', password: 'new' }), {
      user: 'me',
      password: 'new',
    });
    assert.equal(withLogin(address, undefined), address);
  });
});

describe('plant-database: its form', () => {
  it('has a default for everything', () =>
    assert.deepEqual(parse({}), {
      name: '',
      url: '',
      synchronous: 'normal',
      outboxMb: 1000,
      retention: [{ series: '#', rawDays: 30, minuteDays: 730, hourDays: 0 }],
    }));

  it('reads what the editor stores', () =>
    assert.partialDeepStrictEqual(
      parse({
        url: ' mysql://db/plant ',
        outboxMb: '5',
        retention: '[{"series":"tank/#","rawDays":"0.5","minuteDays":"","hourDays":"0"}]'.replace(
          '""',
          '"7"',
        ),
      }),
      {
        url: 'mysql://db/plant',
        outboxMb: 5,
        retention: [{ series: 'tank/#', rawDays: 0.5, minuteDays: 7, hourDays: 0 }],
      },
    ));

  const refused: [object, RegExp][] = [
    [{ url: 'ftp://x' }, /^Error: url: must look like .*, got "ftp:\/\/x"$/],
    [{ url: 5 }, /^Error: url: must be text, got 5$/],
    [{ synchronous: 'off' }, /^Error: synchronous: must be one of normal, full, got "off"$/],
    [{ outboxMb: '0' }, /^Error: outboxMb: must be a number of at least 1 and at most 1000000, got "0"$/],
    [
      { retention: '[{"rawDays":"-1"}]' },
      /^Error: retention\[0\]\.rawDays: must be a number of at least 0, got "-1"$/,
    ],
  ];
  for (const [def, message] of refused)
    it(`refuses ${JSON.stringify(def)}`, () => assert.throws(() => parse(def), message));

  it('lets no password into the flow file', () => {
    for (const url of ['', '${DATABASE_URL}', 'sqlite:/a', 'postgres://me@db/plant'])
      assert.equal(isFitToSave(url), true, url);
    assert.match(
      String(isFitToSave('postgres://me:secret@db/plant')),
      /^url: a password .*got postgres:\/\/…@db\/plant$/,
    );
    assert.match(String(isFitToSave('plant.db')), /^url: must look like/);
  });
});

describe('plant-database: its report', () => {
  const facts = {
    kind: 'sqlite',
    connected: true,
    bytes: 5,
    commitMs: 1,
    rows: 2,
    waiting: 0,
    outbox: { rows: 0, bytes: 0, maxBytes: 1000, dropped: 0 },
    awayMs: 0,
  };
  const cases: [object, string[]][] = [
    [{}, []],
    [{ outbox: { ...facts.outbox, bytes: 800 } }, []],
    [{ outbox: { ...facts.outbox, bytes: 839 } }, ['outbox 83 % full']],
    [{ awayMs: 60_000 }, []],
    [{ awayMs: 61_900, connected: false }, ['database away for 61 s']],
  ];
  for (const [change, troubles] of cases)
    it(`of ${JSON.stringify(change)}`, () =>
      assert.deepEqual(reportOf('a', { ...facts, ...change }).troubles, troubles));
});
