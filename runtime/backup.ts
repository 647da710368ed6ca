/** `npm run backup [FILE]`: everything the plant needs in one file, also while it runs. `-` writes to the standard output. */
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { readEnvironment } from './environment.ts';
import { flush } from './files.ts';
import { MANIFEST, type Manifest } from './manifest.ts';
import { program, Refusal } from './refusal.ts';
import { stageBackup } from './stage.ts';

const STAGE = '.pilot-plant-backup-';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** A folder for the copies, readable by this user alone; what a backup that was killed has left goes. */
const stageIn = (parent: string): string => {
  for (const name of readdirSync(parent))
    if (name.startsWith(STAGE) && !isAlive(Number(name.slice(STAGE.length))))
      rmSync(join(parent, name), { recursive: true, force: true });
  const stage = join(parent, `${STAGE}${process.pid}`);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { mode: 0o700 });
  return stage;
};

const pack = (stage: string, { files }: Manifest): NodeJS.ReadableStream =>
  create({ cwd: stage, gzip: true, portable: true, strict: true }, [
    MANIFEST,
    // tar takes a name that begins with @ for another archive.
    ...files.map(({ path }) => (path.startsWith('@') ? `./${path}` : path)),
  ]) as unknown as NodeJS.ReadableStream;

/** Whole or not at all. */
const writeFile = async (target: string, stage: string, manifest: Manifest): Promise<void> => {
  const draft = `${target}.new`;
  try {
    await pipeline(pack(stage, manifest), createWriteStream(draft, { mode: 0o600 }));
    flush(draft);
    renameSync(draft, target);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
};

const noRoom = (cause: unknown): boolean =>
  Reflect.get(Object(cause), 'code') === 'ENOSPC' ||
  (Number(Reflect.get(Object(cause), 'errcode')) & 0xff) === 13;

await program(async () => {
  process.umask(0o077);
  // A plant that runs on this machine goes first.
  setPriority(constants.priority.PRIORITY_LOW);
  const { dataDir } = readEnvironment(process.env);
  if (!existsSync(join(dataDir, 'flows.json')))
    throw new Refusal(`DATA_DIR: there is no plant in ${dataDir}`);
  if (existsSync(join(dataDir, '.restore', 'step.json')))
    throw new Refusal(
      `DATA_DIR: a restore into ${dataDir} has not ended; npm start or npm run restore ends it`,
    );
  const [name = `pilot-plant-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.tar.gz`] =
    process.argv.slice(2);
  const target = name === '-' ? undefined : resolve(name);
  if (target !== undefined && existsSync(target)) throw new Refusal(`${target}: is there already`);
  if (target?.startsWith(join(dataDir, '/')))
    throw new Refusal(`${target}: must not be in the data folder, which would be lost with it`);
  if (target !== undefined && !existsSync(dirname(target)))
    throw new Refusal(`${dirname(target)}: is not there`);

  const stage = stageIn(target === undefined ? dataDir : dirname(target));
  const ended = (): void => rmSync(stage, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      ended();
      process.exit(1);
    });
  try {
    const manifest = await stageBackup(dataDir, stage, process.env['DATABASE_URL']);
    if (target === undefined) await pipeline(pack(stage, manifest), process.stdout);
    else {
      await writeFile(target, stage, manifest);
      console.log(
        `The backup is in ${target} (${manifest.files.length} files). It holds secrets: keep it safe.`,
      );
      if (manifest.history.startsWith('in '))
        console.log(
          `The history is ${manifest.history} and not part of it: back it up there (pg_dump, mysqldump, ...).`,
        );
      if (process.env['NODE_RED_CREDENTIAL_SECRET'])
        console.log('NODE_RED_CREDENTIAL_SECRET is not part of it: keep it too.');
    }
  } catch (cause) {
    throw noRoom(cause) ? new Refusal('backup: the disk is full', 1, { cause }) : cause;
  } finally {
    ended();
  }
});
