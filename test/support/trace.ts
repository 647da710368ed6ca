import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs what follows and notes its system calls, with the file of each descriptor. */
export const traced = (log: string): string[] => ['strace', '-f', '-y', '-s', '200', '-o', log];
export const CALLS = 'trace=pwrite64,pwritev,write,fsync,fdatasync';
/** Lines of strace: calls that count, with the file of the descriptor. */
export const traceOf = (log: string): string[] =>
  readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => line.replace(/^\d+ +/, ''));

/** Runs a program of this folder that stores three things in `folder` and says `ack` after each, and notes its calls. */
export const traceWriter = async (writer: string, folder: string, log: string): Promise<void> => {
  const program = [join(import.meta.dirname, writer), folder];
  const [strace = '', ...options] = traced(log);
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  await promisify(execFile)(strace, [...options, '-e', CALLS, ...node, ...program]);
};

/** In the order in which they were asked for: `write` and `sync` of a file, and the answer. */
export const events = (trace: readonly string[], file: RegExp): string[] =>
  trace.flatMap((line) => {
    if (/^write\(1<.*"ack /.test(line)) return ['answer'];
    if (!file.test(line)) return [];
    if (/^(pwrite64|write|pwritev)\(/.test(line)) return ['write'];
    return /^f(data)?sync\(/.test(line) ? ['sync'] : [];
  });
/** Before each of three answers there is a sync, and no write after that sync. */
export const assertSynced = (seen: readonly string[]): void => {
  assert.equal(seen.filter((event) => event === 'answer').length, 3, seen.join(' '));
  let state = '';
  for (const event of seen) {
    if (event === 'answer') assert.equal(state, 'sync', seen.join(' '));
    state = event;
  }
};
