import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SCHEMA_VERSION } from '../nodes/plant-database/schema.ts';
import { isRecord } from '../nodes/lib/signal.ts';
import { Refusal } from './refusal.ts';

/** The first file of a backup: what is in it, and who made it. */
export interface Manifest {
  readonly format: number;
  readonly program: 'pilot-plant';
  /** ISO time */
  readonly created: string;
  readonly versions: { readonly pilotPlant: string; readonly nodeRed: string; readonly node: string };
  /** of the databases in it: file name to schema version */
  readonly schemas: Readonly<Record<string, number>>;
  /** `included`, or where it is */
  readonly history: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

export const MANIFEST = 'manifest.json';
export const FORMAT = 1;
export const HISTORY = 'history.sqlite';

const packageVersion = (path: string): string => {
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  return version;
};
const root = join(import.meta.dirname, '..');
export const ownVersions = (): Manifest['versions'] => ({
  pilotPlant: packageVersion(join(root, 'package.json')),
  nodeRed: packageVersion(join(root, 'node_modules', 'node-red', 'package.json')),
  node: process.versions.node,
});

/** Which version of its tables a database has; 0 where it does not say. */
export const schemaOf = (database: DatabaseSync): number => {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").get();
  const row = table && database.prepare("SELECT value FROM meta WHERE name = 'schema'").get();
  return Number(row?.['value'] ?? 0);
};

/** What never belongs to a backup, by the first part of a path: locks, reserves, drafts, what was put aside. */
const OUTSIDE =
  /^(lock\.sqlite.*|ballast.*|\.restore|before-restore-.*|\.pilot-plant-backup-.*|node_modules|lost\+found|\.sessions\.json)$/;
const PASSING = /(\.(new|\$\$\$)|-(wal|shm|journal)|\.damaged-[^/]*)$/;
/** Whether a path inside the data folder belongs to a backup. */
export const belongs = (path: string): boolean =>
  !OUTSIDE.test(path.split('/', 1)[0] ?? '') && !PASSING.test(path);

/** A relative path without tricks. */
export const isPlainPath = (path: string): boolean =>
  path !== '' &&
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  !/[\\\u0000-\u001f]/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const isFile = (value: unknown): value is Manifest['files'][number] =>
  isRecord(value) &&
  typeof value['path'] === 'string' &&
  Number.isSafeInteger(value['bytes']) &&
  Number(value['bytes']) >= 0 &&
  /^[0-9a-f]{64}$/.test(String(value['sha256']));

/** 1, 0 or -1, by the numbers between the points. */
const compareVersions = (one: string, other: string): number => {
  const [a, b] = [one, other].map((version) => version.split(/[.-]/).slice(0, 3).map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
};

/** Reads a manifest; a refusal, with the name of the backup, where it is none or of a newer program. */
export const readManifest = (text: string, name: string): Manifest => {
  const none = new Refusal(`${name}: is no backup of Pilot Plant`);
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw none;
  }
  if (!isRecord(manifest) || manifest['program'] !== 'pilot-plant') throw none;
  const { format, versions, schemas, files } = manifest;
  const version = isRecord(versions) ? String(versions['pilotPlant']) : '0';
  const own = ownVersions().pilotPlant;
  if (Number(format) > FORMAT || compareVersions(version, own) > 0)
    throw new Refusal(`${name}: was made by version ${version}, which is newer than this one (${own})`);
  if (!isRecord(schemas) || !Array.isArray(files) || !files.every(isFile))
    throw new Refusal(`${name}: is damaged: its list of files cannot be read`);
  for (const [path, schema] of Object.entries(schemas)) refuseNewer(name, path, Number(schema));
  const bad = files.find(({ path }) => !isPlainPath(path) || !belongs(path) || path === MANIFEST);
  if (bad) throw new Refusal(`${name}: holds ${JSON.stringify(bad.path)}, which is no part of a plant`);
  return manifest as unknown as Manifest;
};

/** Refuses a database that a newer program has made. */
export const refuseNewer = (name: string, path: string, schema: number): void => {
  if (schema > SCHEMA_VERSION)
    throw new Refusal(
      `${name}: ${path} has schema version ${schema}, which is newer than ${SCHEMA_VERSION}, the one of this program`,
    );
};
