import { createServer } from 'node:net';
import { Refusal } from './refusal.ts';

/** Refuses, naming the variable, when nothing can listen on that port of that address. */
export const probePort = async (variable: string, port: number, host: string): Promise<void> => {
  const probe = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  probe.once('error', (cause: NodeJS.ErrnoException) => reject(refusalFor(cause, variable, port, host)));
  probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()));
  return promise;
};

/** What a failed `listen` means to the person who chose port and address. */
export const refusalFor = (
  cause: NodeJS.ErrnoException,
  variable: string,
  port: number,
  host: string,
): Refusal => {
  if (cause.code === 'EADDRINUSE')
    return new Refusal(`${variable}: port ${port} on ${host} is taken by another program`);
  if (cause.code === 'EACCES')
    return new Refusal(`${variable}: port ${port} on ${host} needs more rights than this user has`);
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND')
    return new Refusal(`HOST: ${host} is no address of this machine`);
  return new Refusal(`${variable}: cannot listen on port ${port} of ${host}: ${cause.message}`);
};
