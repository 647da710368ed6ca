import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statfsSync, statSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { parseDatabaseUrl } from '../nodes/plant-database/url.ts';
import { startsWith, writePrivate } from './files.ts';
import { belongs, FORMAT, HISTORY, MANIFEST, ownVersions, schemaOf, type Manifest } from './manifest.ts';
import { Refusal } from './refusal.ts';

const isGone = (cause: unknown): boolean => Reflect.get(Object(cause), 'code') === 'ENOENT';
/** DATABASE_URL may give it any name, so the content counts; one that is named so and is none is damaged. */
export const isDatabase = (file: string): boolean => {
  if (file.endsWith('.sqlite')) return true;
  try {
    return startsWith(file, Buffer.from('SQLite format 3\0'));
  } catch (cause) {
    if (isGone(cause)) return false;
    throw cause;
  }
};

export const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

/** Regular files only: a link leads to something that is not the plant's. */
const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter(belongs)
    .sort();
};

const databasesIn = async (folder: string): Promise<string[]> =>
  (await filesIn(folder)).filter((path) => isDatabase(join(folder, path)));
const plainIn = async (folder: string): Promise<string[]> =>
  (await filesIn(folder)).filter((path) => !isDatabase(join(folder, path)));

/**
 * Copies what is no database. The plant goes on meanwhile: a file of the outbox may get another name, so this looks
 * again until the names are the same before and after.
 */
const mirror = async (dataDir: string, stage: string): Promise<string[]> => {
  const copied = new Set<string>();
  for (;;) {
    const names = await plainIn(dataDir);
    for (const path of names) {
      if (copied.has(path)) continue;
      await mkdir(dirname(join(stage, path)), { recursive: true, mode: 0o700 });
      try {
        await copyFile(join(dataDir, path), join(stage, path));
        copied.add(path);
      } catch (cause) {
        if (!isGone(cause)) throw cause;
      }
    }
    const after = new Set(await plainIn(dataDir));
    for (const path of copied)
      if (!after.has(path)) {
        copied.delete(path);
        await rm(join(stage, path), { force: true });
      }
    if (copied.size === after.size) return [...copied].sort();
  }
};

const isDamage = (cause: unknown): boolean =>
  [11, 26].includes(Number(Reflect.get(Object(cause), 'errcode')) & 0xff);

/** A consistent copy of a database while others write, in one step: a copy in several begins anew at every write. */
const copyDatabase = async (from: string, to: string): Promise<number> => {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    source.exec('PRAGMA busy_timeout = 5000');
    await backup(source, to, { rate: -1 });
  } catch (cause) {
    if (isDamage(cause)) throw new Refusal(`${from}: is damaged`, 1, { cause });
    throw cause;
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to);
  try {
    // One file without a journal beside it.
    copy.exec('PRAGMA journal_mode = DELETE');
    const check = copy.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw new Refusal(`${from}: is damaged`);
    return schemaOf(copy);
  } finally {
    copy.close();
  }
};

const RESERVE = 0.1;
/** A backup must not fill the disk that control needs. */
const requireRoom = (parent: string, bytes: number): void => {
  const { bsize, blocks, bavail } = statfsSync(parent);
  const left = bsize * bavail - bytes;
  if (left >= RESERVE * bsize * blocks) return;
  const megabytes = Math.ceil((bytes + RESERVE * bsize * blocks) / 1e6);
  throw new Refusal(`${parent}: a backup needs ${megabytes} MB of free room here`);
};

/** Where the history is, in words for the manifest. */
export const historyOf = (dataDir: string, databaseUrl: string | undefined): string => {
  const address = parseDatabaseUrl(databaseUrl ?? '', 'DATABASE_URL');
  if (address.kind !== 'sqlite') return `in ${address.name}`;
  const file = resolve(dataDir, address.file === '' ? HISTORY : address.file);
  if (!file.startsWith(join(dataDir, '/'))) return `in ${file}`;
  return existsSync(file) ? 'included' : 'none yet';
};

/**
 * Puts consistent copies of everything a plant needs into `stage`, with the manifest. The outbox comes before the
 * history: what goes from one to the other meanwhile is in both, and the same sample twice is one.
 */
export const stageBackup = async (
  dataDir: string,
  stage: string,
  databaseUrl: string | undefined,
): Promise<Manifest> => {
  const databases = await databasesIn(dataDir);
  const sizes = (await filesIn(dataDir)).map(
    (path) => statSync(join(dataDir, path), { throwIfNoEntry: false })?.size ?? 0,
  );
  requireRoom(
    dirname(stage),
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const plain = await mirror(dataDir, stage);
  const schemas: Record<string, number> = {};
  for (const path of databases) schemas[path] = await copyDatabase(join(dataDir, path), join(stage, path));
  const files = [];
  for (const path of [...plain, ...databases])
    files.push({
      path,
      bytes: statSync(join(stage, path)).size,
      sha256: await sha256Of(join(stage, path)),
    });
  const manifest: Manifest = {
    format: FORMAT,
    program: 'pilot-plant',
    created: new Date().toISOString(),
    versions: ownVersions(),
    schemas,
    history: historyOf(dataDir, databaseUrl),
    files,
  };
  writePrivate(join(stage, MANIFEST), JSON.stringify(manifest, null, 4));
  return manifest;
};
