import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { createBroker, type Broker, type BrokerDependencies } from '../../nodes/embedded-broker/broker.ts';
import type { BrokerOptions } from '../../nodes/embedded-broker/options.ts';

/** What a test starts and has to end: brokers, clients, sockets, processes, folders. */
const endings: (() => unknown)[] = [];
export const endAll = async (): Promise<void> => {
  for (const end of endings.splice(0).reverse()) await end();
};

export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'broker-'));
  endings.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** A broker on a free port of the loopback address, and what it logged. */
export const startBroker = async (
  options: BrokerOptions = {},
  dependencies: BrokerDependencies = {},
): Promise<Broker & { readonly log: string[]; readonly dataDir: string }> => {
  const dataDir = options.dataDir ?? folder();
  const log: string[] = [];
  const note = (text: string): unknown => log.push(text);
  const broker = await createBroker(
    { port: 0, ...options, dataDir },
    { info: note, warn: note },
    dependencies,
  );
  endings.push(() => broker.stop());
  return { ...broker, log, dataDir };
};

export const startBrokerProcess = async (dataDir: string): Promise<{ port: number; child: ChildProcess }> => {
  const script = fileURLToPath(new URL('broker-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  endings.push(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { port: Number(line), child };
};

/** A client, connected; rejects with the refusal of the broker. It does not connect again. */
export const client = async (port: number, options: IClientOptions = {}): Promise<MqttClient> => {
  const url = `mqtt://127.0.0.1:${port}`;
  const made = await mqtt.connectAsync(url, { reconnectPeriod: 0, ...options }, false);
  made.on('error', () => {});
  endings.push(() => made.endAsync(true));
  return made;
};

export interface Inbox {
  /** each message as `topic payload` */
  readonly seen: readonly string[];
  /** Waits for the one after the last that was asked for. */
  readonly next: () => Promise<string>;
}
const inbox = (of: MqttClient): Inbox => {
  const seen: string[] = [];
  let taken = 0;
  let wake = (): void => {};
  of.on('message', (topic, payload) => {
    seen.push(`${topic} ${payload.toString()}`);
    wake();
  });
  return {
    seen,
    async next() {
      while (seen.length <= taken) await new Promise<void>((resolve) => (wake = resolve));
      return seen[taken++] ?? '';
    },
  };
};

/** The messages of a client from now on. */
export const listen = async (subscriber: MqttClient, filter: string): Promise<Inbox> => {
  const box = inbox(subscriber);
  await subscriber.subscribeAsync(filter, { qos: 1 });
  return box;
};

/** The messages of a session that goes on; none is missed. */
export const comesBack = async (port: number, options: IClientOptions): Promise<Inbox> => {
  const made = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 0,
    ...options,
    manualConnect: true,
  });
  endings.push(() => made.endAsync(true));
  const box = inbox(made);
  made.connect();
  await new Promise((resolve) => made.once('connect', resolve));
  return box;
};

/** The retained messages below a filter: as many as are expected, and whatever comes before a mark sent after them. */
export const retained = async (
  port: number,
  filter: string,
  expected: number,
  options?: IClientOptions,
): Promise<string[]> => {
  const reader = await client(port, options);
  const { next, seen } = await listen(reader, filter);
  while (seen.length < expected) await next();
  const mark = await listen(reader, MARK);
  await reader.publishAsync(MARK, 'mark', { qos: 1 });
  while ((await mark.next()) !== `${MARK} mark`);
  await reader.endAsync();
  return seen.filter((text) => !text.startsWith(MARK)).sort();
};
const MARK = 'OLP/device/mark';

export const rawSocket = (port: number): Socket => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  endings.push(() => socket.destroy());
  return socket;
};
