import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Skips the suite where a program is missing, unless REQUIRE_SYSTEM makes that a failure. */
export const needs = (suite: Mocha.Context, ...programs: readonly string[]): void => {
  const missing = programs.filter((program) => spawnSync(program, ['--help']).error !== undefined);
  if (missing.length === 0) return;
  if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error(`missing: ${missing.join(', ')}`);
  suite.skip();
};

const on = (port: number): string[] => ['-h', '127.0.0.1', '-p', String(port), '-q', '1'];

export const mosquittoPub = async (port: number, ...args: readonly string[]): Promise<void> => {
  await run('mosquitto_pub', [...on(port), ...args]);
};

/** The lines of the first messages, as `<retained: 1 or 0> <topic> <payload>`; rejects when they do not come in 5 s. */
export const mosquittoSub = async (
  port: number,
  topic: string,
  { count = 1, args = [] as readonly string[] } = {},
): Promise<string[]> => {
  const first = ['-C', String(count), '-W', '5', '-F', '%r %t %p'];
  const { stdout, stderr } = await run('mosquitto_sub', [...on(port), '-t', topic, ...first, ...args]);
  // It ends well when it may not subscribe.
  if (stdout === '') throw new Error(stderr);
  return stdout.trimEnd().split('\n');
};

export interface Mosquitto {
  /** its log so far */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}
export interface MosquittoOptions {
  readonly folder: string;
  readonly port: number;
  /** nobody else is let in then */
  readonly user?: { readonly name: string; readonly password: string };
  /** retained messages outlive it */
  readonly persistence?: boolean;
  /** files: only who has a certificate of that authority, which is not on its list of revoked ones, is let in */
  readonly tls?: { readonly ca: string; readonly crl: string; readonly cert: string; readonly key: string };
}

/** A real Mosquitto that listens. */
export const startMosquitto = async ({
  folder,
  port,
  user,
  persistence = false,
  tls,
}: MosquittoOptions): Promise<Mosquitto> => {
  const passwords = join(folder, 'passwords');
  const config = join(folder, 'mosquitto.conf');
  if (user) {
    execFileSync('mosquitto_passwd', ['-b', '-c', passwords, user.name, user.password], { stdio: 'ignore' });
    chmodSync(passwords, 0o644);
  }
  // Started by root, Mosquitto reads and writes its files as a user of its own.
  chmodSync(folder, 0o777);
  const lines = [
    `listener ${port} 127.0.0.1`,
    `allow_anonymous ${user === undefined}`,
    ...(user ? [`password_file ${passwords}`] : []),
    ...(persistence ? ['persistence true', `persistence_location ${folder}/`] : []),
    ...(tls
      ? [
          'require_certificate true',
          `cafile ${tls.ca}`,
          `crlfile ${tls.crl}`,
          `certfile ${tls.cert}`,
          `keyfile ${tls.key}`,
        ]
      : []),
  ];
  writeFileSync(config, lines.join('\n'));
  const child = spawn('mosquitto', ['-v', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let output = '';
  const running = new Promise<boolean>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('running')) resolve(true);
    });
    void exited.then(() => resolve(false));
  });
  if (!(await running)) throw new Error(`mosquitto ended: ${output}`);
  return {
    output: () => output,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
    },
  };
};
