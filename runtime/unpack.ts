import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { extract, list, type ReadEntry } from 'tar';
import { isRecord } from '../nodes/lib/signal.ts';
import { flush, readJson, startsWith, writePrivate } from './files.ts';
import { MANIFEST, readManifest, refuseNewer, schemaOf, type Manifest } from './manifest.ts';
import { Refusal } from './refusal.ts';
import { isDatabase, sha256Of } from './stage.ts';

const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** One line, whatever SQLite says. */
const words = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s*\n\s*/g, '; ');

const GZIP = Buffer.from([0x1f, 0x8b]);

/** Reads the names in a backup, without writing anything: they must be the ones its manifest tells of. */
const inspect = async (file: string, name: string): Promise<Manifest> => {
  const entries = new Map<string, number>();
  const parts: Buffer[] = [];
  let wrong: Refusal | undefined;
  const refuse = (message: string): void => {
    wrong ??= new Refusal(`${name}: ${message}`);
  };
  const onReadEntry = (entry: ReadEntry): void => {
    const path = entry.path.replace(/^\.\//, '');
    if (entries.size === 0) {
      if (path !== MANIFEST || entry.size > MAX_MANIFEST_BYTES) refuse('is no backup of Pilot Plant');
      else entry.on('data', (part: Buffer) => parts.push(part));
    }
    if (entry.type !== 'File') refuse(`holds ${JSON.stringify(path)}, which is no plain file`);
    if (entries.has(path)) refuse(`holds ${JSON.stringify(path)} twice`);
    entries.set(path, entry.size);
    entry.resume();
  };
  try {
    await list({ file, strict: true, onReadEntry });
  } catch (cause) {
    if (wrong) throw wrong;
    const code = Reflect.get(Object(cause), 'code');
    if (code === 'EACCES' || code === 'EISDIR') throw new Refusal(`${name}: cannot be read`, 1, { cause });
    const packed = entries.size > 0 || startsWith(file, GZIP);
    throw new Refusal(
      packed ? `${name}: is damaged: ${words(cause)}` : `${name}: is no backup of Pilot Plant`,
      1,
      { cause },
    );
  }
  if (wrong) throw wrong;
  if (entries.size === 0) throw new Refusal(`${name}: is no backup of Pilot Plant`);
  const manifest = readManifest(Buffer.concat(parts).toString(), name);
  entries.delete(MANIFEST);
  for (const { path, bytes } of manifest.files) {
    if (entries.get(path) !== bytes) throw new Refusal(`${name}: is damaged: ${path} is not whole`);
    entries.delete(path);
  }
  const [more] = entries.keys();
  if (more !== undefined)
    throw new Refusal(`${name}: holds ${JSON.stringify(more)}, which its manifest does not tell of`);
  return manifest;
};

/** Unpacks a backup into a new folder and proves every file of it; a refusal where anything is not as it was. */
export const unpack = async (file: string, folder: string): Promise<Manifest> => {
  const name = basename(file);
  const manifest = await inspect(file, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    await extract({
      file,
      cwd: folder,
      strict: true,
      preserveOwner: false,
      noMtime: true,
      dmode: 0o700,
      fmode: 0o600,
      filter: (path) => path !== MANIFEST,
    });
  } catch (cause) {
    if (Reflect.get(Object(cause), 'code') === 'ENOSPC')
      throw new Refusal(`${folder}: there is no room for ${name}`, 1, { cause });
    throw new Refusal(`${name}: is damaged: ${words(cause)}`, 1, { cause });
  }
  for (const { path, bytes, sha256 } of manifest.files) {
    const unpacked = join(folder, path);
    if (
      statSync(unpacked, { throwIfNoEntry: false })?.size !== bytes ||
      (await sha256Of(unpacked)) !== sha256
    )
      throw new Refusal(`${name}: is damaged: ${path} is not what was packed`);
    if (isDatabase(unpacked)) proveDatabase(unpacked, path, name);
    // Soon the old plant makes way for it: it must be there after a power cut too.
    flush(unpacked);
  }
  return manifest;
};

const proveDatabase = (file: string, path: string, name: string): void => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const check = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (check !== 'ok') throw new Refusal(`${name}: is damaged: ${path}: ${words(check)}`);
    refuseNewer(name, path, schemaOf(database));
  } catch (cause) {
    throw cause instanceof Refusal
      ? cause
      : new Refusal(`${name}: is damaged: ${path}: ${words(cause)}`, 1, { cause });
  } finally {
    database.close();
  }
};

/** Where a restore prepares, inside the data folder: that may be a mount of its own, which nothing can take the place of. */
export const restorePlaces = (dataDir: string): { folder: string; files: string; step: string } => {
  const folder = join(dataDir, '.restore');
  return { folder, files: join(folder, 'files'), step: join(folder, 'step.json') };
};
interface Step {
  /** `old`: the old plant is on its way out; `new`: the new one is on its way in */
  readonly phase: 'old' | 'new';
  readonly keep: string;
}
const isStep = (value: unknown): value is Step =>
  isRecord(value) &&
  (value['phase'] === 'old' || value['phase'] === 'new') &&
  /^before-restore-[\dTZ-]+$/.test(String(value['keep']));

/** What is no part of the old plant; anything else is, also what stands beside a database. */
const STAYS =
  /^(lock\.sqlite.*|ballast.*|\.restore|before-restore-.*|\.pilot-plant-backup-.*|node_modules|lost\+found)$/;

/** From here on the restore will be done, now or at the next start. */
export const commitRestore = (dataDir: string): void => {
  const keep = `before-restore-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  writePrivate(restorePlaces(dataDir).step, JSON.stringify({ phase: 'old', keep } satisfies Step));
};

/**
 * Ends a restore that was begun: first everything old goes to a dated folder, then everything new to its place. Each
 * step can be done again, so it may be killed at any point. Gives back where the old plant is; undefined where there
 * was nothing to end. The caller holds the lock of the folder.
 */
export const finishRestore = (dataDir: string): string | undefined => {
  const { folder, files, step } = restorePlaces(dataDir);
  if (!existsSync(folder)) return undefined;
  const found = readJson(step);
  if (!isStep(found)) {
    // It was not proved yet: the plant is as it was.
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const keep = join(dataDir, found.keep);
  const move = (names: readonly string[], from: string, to: string): void => {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    for (const name of names) renameSync(join(from, name), join(to, name));
  };
  if (found.phase === 'old') {
    move(
      readdirSync(dataDir).filter((entry) => !STAYS.test(entry)),
      dataDir,
      keep,
    );
    writePrivate(step, JSON.stringify({ ...found, phase: 'new' } satisfies Step));
  }
  move(existsSync(files) ? readdirSync(files) : [], files, dataDir);
  rmSync(folder, { recursive: true });
  return keep;
};
