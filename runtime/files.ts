import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from './refusal.ts';

/** Writes a file that only its owner may read, whole or not at all, on the disk before this returns. */
export const writePrivate = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    // Not `writeSync`, which may write a part and say nothing.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(draft, 0o600);
  renameSync(draft, path);
};

/** Returns when what was written to a file is on the disk, and outlives a power cut. */
export const flush = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Whether the first bytes of a file are these, which tells what it is. */
export const startsWith = (path: string, bytes: Buffer): boolean => {
  const start = Buffer.alloc(bytes.length);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.equals(bytes);
};

/** The JSON in a file, undefined where there is no file; a refusal where there is no JSON in it. */
export const readJson = (path: string): unknown => {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (cause) {
    // The error of the parser quotes the text, which may be a secret.
    throw new Refusal(`${path}: is no JSON`, undefined, { cause });
  }
};
