import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real database server on a port of loopback, with its data in a temporary folder. */
export interface DatabaseServer {
  readonly port: number;
  /** a new and empty database in it */
  freshUrl(): Promise<string>;
  /** SIGSTOP to all its processes: it holds its connections and answers nothing */
  pause(): void;
  resume(): void;
  /** kill -9, all its processes */
  kill(): Promise<void>;
  /** runs again after `kill`, on the same port and data */
  start(): Promise<void>;
  /** ends it for good and removes its data */
  stop(): Promise<void>;
}

/** A program that may lie outside the path, as Debian's PostgreSQL does; undefined where there is none. */
export const programIn = (name: string, ...folders: readonly string[]): string | undefined =>
  folders
    .flatMap((folder) => globSync(join(folder, name)))
    .toSorted()
    .at(-1);

/** Skips the suite where programs are missing, unless REQUIRE_SYSTEM makes that a failure. */
export const needsPrograms = (
  suite: Mocha.Context,
  programs: Readonly<Record<string, string | undefined>>,
): void => {
  const missing = Object.keys(programs).filter((name) => programs[name] === undefined);
  if (missing.length === 0) return;
  if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error(`missing: ${missing.join(', ')}`);
  suite.skip();
};

/** Servers refuse to run as root: who they run as then, and a folder that is theirs. */
export interface Home {
  readonly folder: string;
  readonly as: { readonly uid?: number; readonly gid?: number };
}
export const homeFor = (user: string): Home => {
  const folder = mkdtempSync(join(tmpdir(), `${user}-`));
  if (process.getuid?.() !== 0) return { folder, as: {} };
  const [uid, gid] = ['-u', '-g'].map((what) =>
    Number(execFileSync('id', [what, user], { encoding: 'utf8' })),
  );
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${user}`);
  chownSync(folder, uid, gid);
  return { folder, as: { uid, gid } };
};

/** Undefined where the process has ended meanwhile, as those of a server do that serve one connection. */
const unlessEnded = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch (cause) {
    if (['ESRCH', 'ENOENT'].includes(String(Reflect.get(Object(cause), 'code')))) return undefined;
    throw cause;
  }
};
const childrenOf = (pid: number): number[] =>
  (unlessEnded(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) ?? '')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)];

interface ServerOptions {
  readonly port: number;
  readonly home: Home;
  readonly program: string;
  readonly args: readonly string[];
  /** what it prints once it takes connections */
  readonly ready: RegExp;
  readonly freshUrl: () => Promise<string>;
}

/** Runs a server that has its data already. */
export const runServer = async (options: ServerOptions): Promise<DatabaseServer> => {
  const { port, home, program, args, ready, freshUrl } = options;
  let child: ChildProcess | undefined;
  let exited: Promise<unknown> = Promise.resolve();
  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    for (const pid of familyOf(child.pid)) unlessEnded(() => process.kill(pid, name));
  };
  const start = async (): Promise<void> => {
    const own = spawn(program, args, { cwd: home.folder, stdio: ['ignore', 'ignore', 'pipe'], ...home.as });
    child = own;
    exited = once(own, 'exit');
    let printed = '';
    const isReady = await new Promise<boolean>((resolve) => {
      own.stderr.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (ready.test(printed)) resolve(true);
      });
      own.on('close', () => resolve(false));
    });
    if (!isReady) throw new Error(`${program} has ended: ${printed}`);
  };
  await start();
  return {
    port,
    freshUrl,
    start,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async kill() {
      signal('SIGKILL');
      await exited;
    },
    async stop() {
      signal('SIGCONT');
      child?.kill('SIGQUIT'); // at once, without waiting for who is connected
      child?.kill('SIGTERM');
      await exited;
      rmSync(home.folder, { recursive: true, force: true });
    },
  };
};
