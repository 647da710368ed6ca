import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Answer, Request, WorkerOptions } from './sqlite-worker.ts';

/** The thread in which SQLite works, as seen from the plant. */
export interface Link {
  /** Starts the thread where it does not run; another number than before where it had to be started again. */
  start(): number;
  /** Rejects with what SQLite says, or when the thread ends. */
  call<T>(request: Request, transfer?: readonly ArrayBuffer[]): Promise<T>;
  close(): Promise<void>;
}
interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Beside this file as it is in the sources, one folder further where this file is a chunk of the built palette. */
const script = new URL(`../plant-database/sqlite-worker${extname(import.meta.filename)}`, import.meta.url);

export const createLink = (options: WorkerOptions): Link => {
  let worker: Worker | undefined;
  let starts = 0;
  let calls = 0;
  let closed = false;
  const waiting = new Map<number, Waiting>();

  const settle = ({ number, result, error }: Answer): void => {
    const call = waiting.get(number);
    waiting.delete(number);
    if (waiting.size === 0) worker?.unref();
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  };
  const start = (): number => {
    if (worker) return starts;
    if (closed) throw new Error('it is closed');
    starts++;
    const own = new Worker(script, { workerData: options, name: 'plant-database' });
    let reason = 'its thread has ended';
    own.on('message', settle);
    own.on('error', (error: Error) => {
      reason = error.message;
    });
    own.on('exit', () => {
      if (worker === own) worker = undefined;
      const lost = [...waiting.values()];
      waiting.clear();
      for (const { reject } of lost) reject(new Error(reason));
    });
    own.unref();
    worker = own;
    return starts;
  };
  const call = <T>(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      start();
      const number = ++calls;
      waiting.set(number, { resolve: resolve as Waiting['resolve'], reject });
      worker?.ref();
      worker?.postMessage({ number, request }, transfer);
    });
  return {
    start,
    call,
    async close() {
      if (closed) return;
      const own = worker;
      if (own) await call({ do: 'close' });
      closed = true;
      await own?.terminate();
    },
  };
};
