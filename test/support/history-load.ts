import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DriverOrder } from './history-driver.ts';

/** What the driver says of its database. */
export interface DriverFacts {
  readonly connected: boolean;
  readonly rows: number;
  readonly waiting: number;
  readonly mostWaiting: number;
  readonly outbox: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly rssGrowthMiB: number;
}

/** A process that writes samples, as seen from outside: it knows what has been promised, whatever becomes of it. */
export interface Load {
  readonly child: ChildProcess;
  /** numbers of the samples that were answered with stored, in the order of the answers */
  readonly acked: number[];
  /** what was answered with an error */
  readonly lost: string[];
  readonly reports: string[];
  /** The next line that begins with this word; but for `ack` and `lost` also one that came before. */
  line(word: string): Promise<string>;
  facts(): Promise<DriverFacts>;
  /** Waits until the outbox is empty. */
  drained(): Promise<{ readonly rows: number; readonly ms: number }>;
  kill(): Promise<void>;
  /** Ends in good order; resolves with its last facts. */
  stop(): Promise<DriverFacts>;
}

export const usualOrder: Omit<DriverOrder, 'folder'> = {
  url: '',
  kind: 'sqlite',
  from: 0,
  count: 1e12,
  size: 20,
  calls: 32,
  everyMs: 0,
};

const driver = join(import.meta.dirname, 'history-driver.ts');

/** Starts the driver; `through` is a program that runs it, as strace. */
export const startLoad = (
  order: Partial<DriverOrder> & { readonly folder: string },
  through: readonly string[] = [],
): Load => {
  const command = [
    ...through,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    driver,
    JSON.stringify({ ...usualOrder, ...order }),
  ];
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const acked: number[] = [];
  const lost: string[] = [];
  const reports: string[] = [];
  const said: string[] = [];
  const wanted = new Map<string, (line: string) => void>();
  /** lines that came before anybody asked for them */
  const early = new Map<string, string>();
  let pid = 0;
  child.stdin.on('error', () => {}); // it was killed before it could read
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    const [word = '', first, second] = line.split(' ');
    if (word === 'ack')
      for (let number = Number(first), left = Number(second); left > 0; left--) acked.push(number++);
    else if (word === 'lost') lost.push(line);
    else if (word === 'report') reports.push(line);
    else said.push(line);
    if (word === 'started') pid = Number(first);
    const settle = wanted.get(word);
    wanted.delete(word);
    if (settle) settle(line);
    else if (word !== 'ack' && word !== 'lost') early.set(word, line);
  });
  const closed = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  const ended = closed.then(() => {
    throw new Error(`the driver has ended: ${said.join('; ')}`);
  });
  ended.catch(() => {}); // only who waits for a line is told
  const next = (word: string): Promise<string> => {
    const line = early.get(word);
    early.delete(word);
    if (line !== undefined) return Promise.resolve(line);
    return Promise.race([new Promise<string>((resolve) => wanted.set(word, resolve)), ended]);
  };
  const ask = (word: string, answer: string): Promise<string> => {
    const line = next(answer);
    child.stdin.write(`${word}\n`);
    return line;
  };
  const factsOf = (line: string): DriverFacts => JSON.parse(line.slice('facts '.length)) as DriverFacts;
  return {
    child,
    acked,
    lost,
    reports,
    line: next,
    facts: async () => factsOf(await ask('facts', 'facts')),
    async drained() {
      const [, rows, ms] = (await ask('drain', 'drained')).split(' ');
      return { rows: Number(rows), ms: Number(ms) };
    },
    async kill() {
      // Itself, not only a program that runs it.
      if (pid > 0) process.kill(pid, 'SIGKILL');
      else child.kill('SIGKILL');
      await closed;
    },
    async stop() {
      const facts = factsOf(await ask('stop', 'facts'));
      await closed;
      return facts;
    },
  };
};
