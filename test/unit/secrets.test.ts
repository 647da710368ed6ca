import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptCredentials, opensCredentials } from '../../runtime/credentials.ts';
import { generatePassword, openSecrets, storedSecrets } from '../../runtime/secrets.ts';

describe('secrets', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));
  const admit = (): void => {};
  const inFolder = (name: string): string => join(dataDir, 'secrets', name);

  it("are made once, for the owner only, without a password in clear but the service user's", async () => {
    const { secrets, generated } = await openSecrets(dataDir, undefined, admit);
    assert.deepEqual(
      generated.map(({ where, name }) => `${where} ${name}`),
      ['pages and editor admin', 'pages and editor operator', 'pages and editor viewer', 'MQTT device'],
    );
    assert.equal(statSync(join(dataDir, 'secrets')).mode & 0o777, 0o700);
    const texts = readdirSync(join(dataDir, 'secrets')).map((name) => {
      assert.equal(statSync(inFolder(name)).mode & 0o777, 0o600, name);
      return readFileSync(inFolder(name), 'utf8');
    });
    assert.equal(texts.length, 3);
    for (const { password } of generated) assert.ok(!texts.join().includes(password));

    const again = await openSecrets(dataDir, undefined, admit);
    assert.deepEqual(again, { secrets, generated: [] });
    assert.deepEqual(storedSecrets(dataDir), secrets);
  });

  it('have passwords of a hundred bits, all different', () => {
    const passwords = new Set(Array.from({ length: 1000 }, generatePassword));
    assert.equal(passwords.size, 1000);
    for (const password of passwords)
      assert.match(password, /^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
  });

  it('take the credential secret of the environment, if there is one', async () => {
    assert.equal((await openSecrets(dataDir, 'mine', admit)).secrets.credentialSecret, 'mine');
    assert.equal(storedSecrets(dataDir, 'mine')?.credentialSecret, 'mine');
    assert.notEqual(storedSecrets(dataDir)?.credentialSecret, 'mine');
  });

  it('are not written when they are refused', async () => {
    await assert.rejects(
      openSecrets(dataDir, undefined, (_secrets, fresh) => {
        throw new Error(`no, ${fresh}`);
      }),
      { message: 'no, true' },
    );
    assert.equal(storedSecrets(dataDir), undefined);
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it('make new users where their file is gone, and leave the rest', async () => {
    const { secrets } = await openSecrets(dataDir, undefined, admit);
    rmSync(inFolder('users.json'));
    const { secrets: after, generated } = await openSecrets(dataDir, undefined, admit);
    assert.deepEqual(
      generated.map(({ name }) => name),
      ['admin', 'operator', 'viewer'],
    );
    assert.equal(after.credentialSecret, secrets.credentialSecret);
  });

  it('name a file that cannot be read, without quoting it', async () => {
    await openSecrets(dataDir, undefined, admit);
    writeFileSync(inFolder('users.json'), '{"users": [{"name": "x", "password": "hunter2"');
    assert.throws(() => storedSecrets(dataDir), { message: `${inFolder('users.json')}: is no JSON` });
    writeFileSync(inFolder('users.json'), '{"users": [{"name": "x", "role": "king", "passwordHash": "h"}]}');
    assert.throws(
      () => storedSecrets(dataDir),
      /must hold users with name, role \(admin, operator, viewer\)/,
    );
  });
});

describe('credentials file', () => {
  it('opens with its own secret only', () => {
    const sealed = encryptCredentials('right', { a: { user: 'u' } });
    assert.equal(opensCredentials('right', sealed), true);
    assert.equal(opensCredentials('wrong', sealed), false);
    assert.equal(opensCredentials('right', { $: 'rubbish' }), false);
    assert.equal(opensCredentials('any', { a: { user: 'u' } }), true);
    assert.equal(opensCredentials('any', undefined), true);
  });
});
