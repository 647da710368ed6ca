import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create, extract } from 'tar';
import { lockFolder } from '../../runtime/lock.ts';
import { isPlainPath, type Manifest } from '../../runtime/manifest.ts';
import { historyOf } from '../../runtime/stage.ts';
import { commitRestore, finishRestore, restorePlaces } from '../../runtime/unpack.ts';
import { signIn } from '../support/operator.ts';
import { startPlant, type Plant } from '../support/server.ts';

const root = join(import.meta.dirname, '..', '..');
const fixture = join(root, 'test', 'support', 'flows');
const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

interface Ended {
  readonly code: number;
  readonly text: string;
}
const run = (
  script: string,
  dataDir: string,
  args: readonly string[] = [],
  env: object = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const [program, ...options] = node;
    const all = [...options, join(root, 'runtime', `${script}.ts`), ...args];
    execFile(program, all, { env: { DATA_DIR: dataDir, ...env } }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    );
  });

describe('backup and restore', function () {
  this.timeout(60_000);
  let folder: string;
  let dataDir: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    dataDir = join(folder, 'data');
    file = join(folder, 'backup.tar.gz');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(join(dataDir, path, '..'), { recursive: true });
    writeFileSync(join(dataDir, path), content);
  };
  const sqlite = (path: string, statements: string): void => {
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA journal_mode = WAL; ${statements}`);
    database.close();
  };
  /** As much of a plant as a backup looks at. */
  const makePlant = (): void => {
    write('flows.json', '[]');
    write('flows_cred.json', '{}');
    write('secrets/keys.json', '{"a":1}');
    write('lib/flows/@mine/one.json', 'one');
    write('@odd', 'odd');
    write('outbox/00000001-3.full', Buffer.from([0, 1, 2, 255]));
    sqlite(join(dataDir, 'state.sqlite'), 'CREATE TABLE state (path TEXT); INSERT INTO state VALUES (7);');
    sqlite(
      join(dataDir, 'history.sqlite'),
      "CREATE TABLE meta (name, value); INSERT INTO meta VALUES ('schema', 1);",
    );
    for (const none of [
      'ballast',
      '.sessions.json',
      'half.new',
      'state.sqlite.damaged-1',
      'before-restore-1/x',
    ])
      write(none, none);
    symlinkSync('/etc/passwd', join(dataDir, 'link'));
  };
  const CONTENT = [
    '@odd',
    'flows.json',
    'flows_cred.json',
    'history.sqlite',
    'lib/flows/@mine/one.json',
    'outbox/00000001-3.full',
    'secrets/keys.json',
    'state.sqlite',
  ];
  const unpacked = async (archive = file): Promise<string> => {
    const to = mkdtempSync(join(folder, 'unpacked-'));
    await extract({ file: archive, cwd: to, strict: true });
    return to;
  };
  const filesOf = (place: string): string[] =>
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(place, join(entry.parentPath, entry.name)))
      .sort();
  const manifestIn = (place: string): Manifest =>
    JSON.parse(readFileSync(join(place, 'manifest.json'), 'utf8')) as Manifest;
  const backUp = async (env: object = {}): Promise<Ended> => {
    const ended = await run('backup', dataDir, [file], env);
    assert.equal(ended.code, 0, ended.text);
    return ended;
  };

  it('holds everything a plant needs and nothing else, for its owner alone', async () => {
    makePlant();
    const { text } = await backUp();
    assert.match(
      text,
      /^The backup is in .+backup\.tar\.gz \(8 files\)\. It holds secrets: keep it safe\.\n$/,
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const place = await unpacked();
    assert.deepEqual(filesOf(place), [...CONTENT, 'manifest.json'].sort());
    const manifest = manifestIn(place);
    assert.equal(manifest.history, 'included');
    assert.deepEqual(manifest.schemas, { 'history.sqlite': 1, 'state.sqlite': 0 });
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(place, path));
      assert.equal(content.length, bytes);
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.pilot')),
      [],
      'the copies are gone',
    );
  });

  it('comes back as it was, and what was there before is kept', async () => {
    makePlant();
    await backUp();
    const before = Object.fromEntries(CONTENT.map((path) => [path, readFileSync(join(dataDir, path))]));
    write('flows.json', '["newer"]');
    write('new.txt', 'new');
    rmSync(join(dataDir, 'secrets'), { recursive: true });
    const { code, text } = await run('restore', dataDir, [file]);
    assert.equal(code, 0, text);
    const keep = /kept|What was there before is in (.+)\.\n/.exec(text)?.[1] ?? '';
    for (const path of CONTENT) {
      assert.equal(statSync(join(dataDir, path)).mode & 0o777, 0o600, path);
      if (!path.endsWith('.sqlite')) assert.deepEqual(readFileSync(join(dataDir, path)), before[path], path);
    }
    const state = new DatabaseSync(join(dataDir, 'state.sqlite'));
    assert.equal(state.prepare('SELECT path FROM state').get()?.['path'], '7');
    state.close();
    assert.equal(statSync(join(dataDir, 'secrets')).mode & 0o777, 0o700);
    assert.equal(existsSync(join(dataDir, 'new.txt')), false);
    assert.equal(existsSync(join(dataDir, '.restore')), false);
    assert.equal(readFileSync(join(keep, 'flows.json'), 'utf8'), '["newer"]');
    assert.equal(readFileSync(join(keep, 'new.txt'), 'utf8'), 'new');
    assert.ok(existsSync(join(dataDir, 'before-restore-1', 'x')), 'older ones stay');
  });

  it('takes a history of any name along, and gives it back', async () => {
    makePlant();
    renameSync(join(dataDir, 'history.sqlite'), join(dataDir, 'tanks.db'));
    const env = { DATABASE_URL: 'sqlite:tanks.db' };
    await backUp(env);
    const { history, schemas } = manifestIn(await unpacked());
    assert.deepEqual([history, schemas], ['included', { 'state.sqlite': 0, 'tanks.db': 1 }]);
    const { code, text } = await run('restore', dataDir, [file], env);
    assert.equal(code, 0, text);
    const restored = new DatabaseSync(join(dataDir, 'tanks.db'));
    assert.deepEqual({ ...restored.prepare('SELECT * FROM meta').get() }, { name: 'schema', value: 1 });
    restored.close();
  });

  it('goes to an empty machine', async () => {
    makePlant();
    await backUp();
    const elsewhere = join(folder, 'elsewhere');
    const { code, text } = await run('restore', elsewhere, [file]);
    assert.equal(code, 0, text);
    assert.deepEqual(
      filesOf(elsewhere).filter((path) => !path.startsWith('lock.sqlite')),
      CONTENT,
    );
  });

  it('is consistent while another process writes at full rate, and that one goes on', async function () {
    this.timeout(180_000); // the faster the writer, the more there is to copy
    makePlant();
    rmSync(join(dataDir, 'history.sqlite'));
    const writer = spawn(node[0], [
      node[1],
      join(root, 'test', 'support', 'sample-writer.ts'),
      join(dataDir, 'history.sqlite'),
    ]);
    const exited = once(writer, 'exit');
    await once(writer.stdout, 'data');
    const counts: number[] = [];
    try {
      for (const name of ['one', 'two', 'three']) {
        const { code, text } = await run('backup', dataDir, [join(folder, name)]);
        assert.equal(code, 0, text);
        const place = await unpacked(join(folder, name));
        const copy = new DatabaseSync(join(place, 'history.sqlite'));
        assert.equal(copy.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
        const row = copy.prepare('SELECT count(*) AS count, max(number) AS last FROM row').get();
        copy.close();
        assert.equal(row?.['count'], row?.['last'], 'without a gap');
        assert.equal(Number(row?.['count']) % 100, 0, 'whole transactions');
        counts.push(Number(row?.['count']));
      }
    } finally {
      writer.kill('SIGKILL');
      await exited;
    }
    console.log(`      rows in three backups: ${counts.join(', ')}`);
    assert.ok(counts[0] && counts[1] && counts[2] && counts[0] < counts[1] && counts[1] < counts[2]);
    const { code, text } = await run('backup', dataDir, [file]);
    assert.equal(code, 0, `after kill -9: ${text}`);
  });

  const refusals: [
    string,
    () => Promise<{ args?: string[]; env?: object }> | { args?: string[]; env?: object },
    RegExp,
  ][] = [
    [
      'no plant is there',
      () => (rmSync(join(dataDir, 'flows.json')), {}),
      /^DATA_DIR: there is no plant in .+data$/,
    ],
    ['the file is there already', () => (writeFileSync(file, ''), {}), /backup\.tar\.gz: is there already$/],
    [
      'the file would be in the data folder',
      () => ({ args: [join(dataDir, 'x')] }),
      /must not be in the data folder/,
    ],
    ['there is no such folder', () => ({ args: [join(folder, 'no', 'x')] }), /no: is not there$/],
    [
      'a database is damaged',
      () => (writeFileSync(join(dataDir, 'state.sqlite'), 'x'.repeat(5000)), {}),
      /state\.sqlite: is damaged$/,
    ],
  ];
  for (const [name, prepare, line] of refusals)
    it(`is refused where ${name}`, async () => {
      makePlant();
      const { args = [file], env = {} } = await prepare();
      const { code, text } = await run('backup', dataDir, args, env);
      assert.equal(code, 1, text);
      assert.match(text, /^Pilot Plant: [^\n]+\n$/);
      assert.match(text.slice('Pilot Plant: '.length, -1), line);
      assert.deepEqual(
        readdirSync(folder).filter((entry) => !['data', 'backup.tar.gz'].includes(entry)),
        [],
        'nothing is left',
      );
    });

  it('says where the history is when it is not in it', async () => {
    makePlant();
    const { text } = await backUp({ DATABASE_URL: 'postgres://me:secret@db/plant' });
    assert.match(text, /The history is in postgres:\/\/db:5432\/plant and not part of it/);
    assert.doesNotMatch(text, /secret@/);
    const place = await unpacked();
    assert.equal(manifestIn(place).history, 'in postgres://db:5432/plant');
    assert.doesNotMatch(readFileSync(join(place, 'manifest.json'), 'utf8'), /secret@|me:/);
    assert.match((await run('restore', dataDir, [file])).text, /The history is in postgres:/);
    const cases: [string | undefined, string][] = [
      [undefined, 'included'],
      ['', 'included'],
      [`sqlite:${dataDir}/history.sqlite`, 'included'],
      ['sqlite:/elsewhere/h.sqlite', 'in /elsewhere/h.sqlite'],
      ['mysql://u:p@h/d', 'in mysql://h:3306/d'],
    ];
    for (const [url, words] of cases) assert.equal(historyOf(dataDir, url), words);
  });

  describe('restore refuses', () => {
    /** Packs a folder as it is, honest or not. */
    const pack = async (place: string, names: readonly string[], options = {}): Promise<void> => {
      rmSync(file, { force: true });
      await create({ file, cwd: place, gzip: true, portable: true, ...options }, [...names]);
    };
    const edit =
      (change: (manifest: Record<string, unknown>) => object, more: (place: string) => void = () => {}) =>
      async () => {
        const place = await unpacked();
        more(place);
        const manifest = { ...manifestIn(place), ...change({ ...manifestIn(place) }) };
        writeFileSync(join(place, 'manifest.json'), JSON.stringify(manifest));
        await pack(place, [
          'manifest.json',
          ...filesOf(place)
            .filter((path) => path !== 'manifest.json')
            .map((path) => `./${path}`),
        ]);
      };
    /** A manifest that tells the truth about a file that was changed. */
    const rehashed = (path: string, change: (place: string) => void) => async () => {
      const place = await unpacked();
      change(place);
      const content = readFileSync(join(place, path));
      const manifest = manifestIn(place);
      const files = manifest.files.map((entry) =>
        entry.path === path
          ? { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
          : entry,
      );
      writeFileSync(join(place, 'manifest.json'), JSON.stringify({ ...manifest, files }));
      await pack(place, ['manifest.json', ...files.map((entry) => `./${entry.path}`)]);
    };
    const cut = (share: number) => () =>
      writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size * share));
    const flip = () => {
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length * 0.7);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(file, bytes);
    };
    const withEntry =
      (name: string, options: object = {}) =>
      async () => {
        const place = await unpacked();
        const manifest = manifestIn(place);
        const sha256 = createHash('sha256').update('evil').digest('hex');
        const files = [...manifest.files, { path: name, bytes: 4, sha256 }];
        writeFileSync(join(place, 'manifest.json'), JSON.stringify({ ...manifest, files }));
        writeFileSync(join(folder, 'evil'), 'evil');
        await pack(place, ['manifest.json', ...manifest.files.map(({ path }) => `./${path}`), '../evil'], {
          preservePaths: true,
          onWriteEntry: (entry: { path: string }) => {
            if (entry.path === '../evil') entry.path = name;
          },
          ...options,
        });
      };
    const cases: Record<string, [() => Promise<void> | void, RegExp]> = {
      'a file that is none': [() => rmSync(file), /backup\.tar\.gz: is no file$/],
      'an empty file': [() => writeFileSync(file, ''), /is no backup of Pilot Plant$/],
      'some other file': [() => writeFileSync(file, 'hello\n'.repeat(1000)), /is no backup of Pilot Plant$/],
      'some other archive': [() => pack(dataDir, ['flows.json']), /is no backup of Pilot Plant$/],
      'a manifest of another program': [edit(() => ({ program: 'other' })), /is no backup of Pilot Plant$/],
      'one that was cut in half': [cut(0.5), /is damaged: /],
      'one whose end is missing': [cut(0.97), /is damaged: /],
      'one with a wrong byte': [flip, /is damaged: /],
      'a newer format': [edit(() => ({ format: 2 })), /is newer than this one/],
      'a newer version': [
        edit(({ versions }) => ({ versions: { ...Object(versions), pilotPlant: '99.0.0' } })),
        /was made by version 99\.0\.0, which is newer than this one \(\d/,
      ],
      'a newer schema': [
        edit(() => ({ schemas: { 'history.sqlite': 99 } })),
        /history\.sqlite has schema version 99, which is newer than \d+, the one of this program$/,
      ],
      'a newer schema that its manifest does not tell': [
        rehashed('history.sqlite', (place) =>
          sqlite(join(place, 'history.sqlite'), 'UPDATE meta SET value = 99; PRAGMA journal_mode = DELETE;'),
        ),
        /history\.sqlite has schema version 99/,
      ],
      'a file that was changed': [
        edit(
          () => ({}),
          (place) => writeFileSync(join(place, 'flows.json'), '{}'),
        ),
        /is damaged: flows\.json is not what was packed$/,
      ],
      'a file that is missing': [
        edit(
          () => ({}),
          (place) => rmSync(join(place, 'flows.json')),
        ),
        /is damaged: flows\.json is not whole$/,
      ],
      'a file too many': [
        edit(
          () => ({}),
          (place) => writeFileSync(join(place, 'more'), ''),
        ),
        /holds "more", which its manifest does not tell of$/,
      ],
      'a database that is broken inside': [
        rehashed('state.sqlite', (place) => {
          const path = join(place, 'state.sqlite');
          writeFileSync(path, readFileSync(path).fill('x', 4096));
        }),
        /is damaged: state\.sqlite: /,
      ],
      'a path that leads out': [withEntry('../evil-2'), /holds "\.\.\/evil-2", which is no part of a plant$/],
      'a path of its own choice': [
        withEntry('/tmp/evil-3'),
        /holds "\/tmp\/evil-3", which is no part of a plant$/,
      ],
      'the lock of the folder': [
        withEntry('lock.sqlite'),
        /holds "lock\.sqlite", which is no part of a plant$/,
      ],
      'a link': [
        async () => {
          const place = await unpacked();
          rmSync(join(place, 'flows.json'));
          symlinkSync('/etc/passwd', join(place, 'flows.json'));
          await pack(place, ['manifest.json', ...manifestIn(place).files.map(({ path }) => `./${path}`)]);
        },
        /holds "flows\.json", which is no plain file$/,
      ],
    };
    for (const [name, [spoil, line]] of Object.entries(cases))
      it(name, async () => {
        makePlant();
        await backUp();
        await spoil();
        write('flows.json', '["mine"]');
        const before = filesOf(dataDir);
        const { code, text } = await run('restore', dataDir, [file]);
        assert.equal(code, 1, text);
        assert.match(text, /^Pilot Plant: [^\n]+\n$/);
        assert.match(text.slice('Pilot Plant: '.length, -1), line);
        assert.deepEqual(
          filesOf(dataDir).filter((path) => !path.startsWith('lock.sqlite')),
          before.filter((path) => !path.startsWith('lock.sqlite')),
          'nothing has changed',
        );
        assert.equal(readFileSync(join(dataDir, 'flows.json'), 'utf8'), '["mine"]');
      });

    it('while the plant runs', async () => {
      makePlant();
      await backUp();
      const lock = lockFolder(dataDir);
      try {
        const { code, text } = await run('restore', dataDir, [file]);
        assert.equal(code, 1);
        assert.match(text, /^Pilot Plant: DATA_DIR: .+ is in use by another Pilot Plant \(process \d+\)\n$/);
      } finally {
        lock.release();
      }
      assert.match((await run('restore', dataDir)).text, /^Pilot Plant: FILE: must name a backup/);
    });
  });

  it('killed at any step, a restore is ended by the next start, or has changed nothing', () => {
    const make = (): void => {
      rmSync(dataDir, { recursive: true, force: true });
      makePlant();
      write('flows.json', 'old');
      for (const path of ['flows.json', 'history.sqlite', 'secrets/keys.json'])
        write(join('.restore/files', path), 'new');
    };
    make();
    assert.equal(finishRestore(dataDir), undefined, 'it was not proved yet');
    assert.equal(existsSync(join(dataDir, '.restore')), false);
    assert.equal(readFileSync(join(dataDir, 'flows.json'), 'utf8'), 'old');

    make();
    commitRestore(dataDir);
    const whole = join(folder, 'whole');
    cpSync(dataDir, whole, { recursive: true, verbatimSymlinks: true });
    const keep = finishRestore(dataDir) ?? '';
    const expected = filesOf(dataDir).map((path) => path.replace(relative(dataDir, keep), 'keep'));
    assert.equal(readFileSync(join(dataDir, 'flows.json'), 'utf8'), 'new');
    assert.equal(readFileSync(join(keep, 'flows.json'), 'utf8'), 'old');

    // Every prefix of the moves, as a kill would leave it.
    const { files, step } = restorePlaces(dataDir);
    const name = relative(dataDir, keep);
    const olds = readdirSync(keep);
    const news = readdirSync(join(whole, '.restore', 'files'));
    for (let done = 0; done <= olds.length + news.length; done++) {
      rmSync(dataDir, { recursive: true });
      cpSync(whole, dataDir, { recursive: true, verbatimSymlinks: true });
      const phase = done > olds.length ? 'new' : 'old';
      writeFileSync(step, JSON.stringify({ phase, keep: name }));
      mkdirSync(join(dataDir, name));
      const move = (from: string, to: string): void => {
        cpSync(from, to, { recursive: true, verbatimSymlinks: true });
        rmSync(from, { recursive: true });
      };
      for (const old of olds.slice(0, done)) move(join(dataDir, old), join(dataDir, name, old));
      for (const fresh of news.slice(0, Math.max(0, done - olds.length)))
        move(join(files, fresh), join(dataDir, fresh));
      assert.equal(finishRestore(dataDir), join(dataDir, name));
      assert.deepEqual(
        filesOf(dataDir).map((path) => path.replace(name, 'keep')),
        expected,
        `after ${done} moves`,
      );
      assert.equal(readFileSync(join(dataDir, 'flows.json'), 'utf8'), 'new');
    }
    assert.equal(finishRestore(dataDir), undefined);
  });

  it('knows a plain path', () => {
    for (const path of ['a', 'a/b', '.a', 'a..b', 'ä/ö.txt']) assert.equal(isPlainPath(path), true, path);
    for (const path of ['', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../b', 'a/./b', 'a\\b', 'a\0b'])
      assert.equal(isPlainPath(path), false, JSON.stringify(path));
  });

  describe('of a plant that runs', () => {
    let plant: Plant | undefined;
    afterEach(async () => {
      await plant?.stop('SIGKILL');
      plant = undefined;
    });

    it('comes by npm run backup and by the button of an administrator alone; the plant starts from it', async () => {
      plant = await startPlant({ dataDir, flowsDir: fixture });
      assert.equal(await plant.running, true, plant.output());
      const passwords = plant.passwords();
      const { url } = plant;
      const status = async (
        name: string | undefined,
        headers: Record<string, string> = {},
      ): Promise<number> => {
        const cookie = name === undefined ? {} : await signIn(url, name, passwords[name]);
        const response = await fetch(`${url}/api/backup`, { headers: { ...cookie, ...headers } });
        await response.arrayBuffer();
        return response.status;
      };
      assert.equal(await status(undefined), 401);
      assert.equal(await status('viewer'), 403);
      assert.equal(await status('operator'), 403);
      assert.equal(await status('admin', { 'Sec-Fetch-Site': 'cross-site' }), 403);
      const headers = await signIn(url, 'admin', passwords['admin']);
      const [response, second] = await Promise.all([
        fetch(`${url}/api/backup`, { headers }),
        fetch(`${url}/api/backup`, { headers }),
      ]);
      assert.deepEqual(new Set([response.status, second.status]), new Set([200, 429]));
      const good = response.status === 200 ? response : second;
      assert.match(good.headers.get('content-disposition') ?? '', /filename="pilot-plant-[\d-]+\.tar\.gz"/);
      writeFileSync(file, Buffer.from(await good.arrayBuffer()));
      const place = await unpacked();
      for (const name of [
        'flows.json',
        'flows_cred.json',
        'secrets/keys.json',
        'secrets/users.json',
        'state.sqlite',
      ])
        assert.ok(existsSync(join(place, name)), name);

      const other = join(folder, 'other.tar.gz');
      const made = await run('backup', dataDir, [other]);
      assert.equal(made.code, 0, made.text);
      assert.deepEqual(filesOf(await unpacked(other)), filesOf(place), 'both are the same');
      assert.match((await run('restore', dataDir, [file])).text, /is in use by another Pilot Plant/);

      await plant.stop();
      const elsewhere = join(folder, 'elsewhere');
      const { code, text } = await run('restore', elsewhere, [file]);
      assert.equal(code, 0, text);
      plant = await startPlant({ dataDir: elsewhere, flowsDir: fixture });
      assert.equal(await plant.running, true, plant.output());
      assert.deepEqual(plant.passwords(), {}, 'the users are the old ones');
      await signIn(plant.url, 'admin', passwords['admin']);
    });

    it('ends a restore that was killed, and says so', async () => {
      makePlant();
      for (const path of ['flows.json', 'secrets']) rmSync(join(dataDir, path), { recursive: true });
      write('.restore/files/new.txt', 'new');
      commitRestore(dataDir);
      plant = await startPlant({ dataDir, flowsDir: fixture });
      assert.equal(await plant.running, true, plant.output());
      assert.match(
        plant.output(),
        /A restore had not ended; it has now\. The plant before it is in .+before-restore-/,
      );
      assert.equal(readFileSync(join(dataDir, 'new.txt'), 'utf8'), 'new');
      assert.equal(existsSync(join(dataDir, '@odd')), false);
    });
  });
});
