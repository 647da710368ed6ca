import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..', '..');

const givenPorts = new Set<number>();

/** A TCP port of loopback that nobody listens on, and that this process has not been given before. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  if (givenPorts.has(port)) return freePort();
  givenPorts.add(port);
  return port;
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
};

/** The first of some consecutive ports that are all as `freePort` has them. */
export const freePorts = async (count: number): Promise<number> => {
  const base = await freePort();
  const more = Array.from({ length: count - 1 }, (_, index) => base + 1 + index);
  for (const port of more)
    if (port > 65_535 || givenPorts.has(port) || !(await isFree(port))) return freePorts(count);
  for (const port of more) givenPorts.add(port);
  return base;
};

/** The real server as a child process. */
export interface Plant {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  readonly mqttPort: number;
  /** the first of the four that the boards of the bioreactors connect to */
  readonly sensorPort: number;
  /** everything it has printed, both streams */
  readonly output: () => string;
  /** by name: admin, operator, viewer, device; only of the first start */
  readonly passwords: () => Readonly<Record<string, string>>;
  /** resolves with true when it runs, false when it ends before */
  readonly running: Promise<boolean>;
  /** the exit code, or the signal's name */
  readonly exited: Promise<number | string>;
  /** sends a signal and waits for the end */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | string>;
}

export interface PlantOptions {
  readonly dataDir: string;
  /** instead of the shipped flows */
  readonly flowsDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** a module that is loaded before the plant, can be spoken to by the messages of `child`, and may free memory */
  readonly preload?: string;
}

const OWN_VARIABLES =
  /^(PORT|HOST|ALLOWED_HOSTS|DATA_DIR|PLANTS|PLANT_MODE|TANKS|MQTT_.*|TLS_.*|CLOUD_.*|SENSOR_.*|MEASURE_.*|NODE_RED_.*|SMTP_URL|ALARM_.*)$/;

/** Starts the server on free ports, unless `env` names others. */
export const startPlant = async (options: PlantOptions): Promise<Plant> => {
  const { dataDir, flowsDir, env = {}, preload } = options;
  const port = Number(env['PORT'] ?? (await freePort()));
  const mqttPort = Number(env['MQTT_PORT'] ?? (await freePort()));
  const sensorPort = Number(env['SENSOR_PORT'] ?? (await freePorts(4)));
  const script =
    flowsDir === undefined
      ? [join(root, 'start.ts')]
      : [join(import.meta.dirname, 'start-with-flows.ts'), flowsDir];
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.test(name)),
  );
  const extra = preload === undefined ? [] : ['--expose-gc', '--import', pathToFileURL(preload).href];
  const args = ['--disable-warning=ExperimentalWarning', ...extra, ...script];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...inherited,
      DATA_DIR: dataDir,
      PORT: String(port),
      MQTT_PORT: String(mqttPort),
      SENSOR_PORT: String(sensorPort),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', preload === undefined ? 'ignore' : 'ipc'],
  });
  let output = '';
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const running = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (/is running\.[^]*─\n/.test(output)) resolve(true);
      });
    void exited.then(() => resolve(false));
  });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    port,
    mqttPort,
    sensorPort,
    output: () => output,
    passwords: () =>
      Object.fromEntries(
        [...output.matchAll(/^ {2}(?:pages and editor|MQTT) +(\w+) +(\S+)$/gm)].map(([, name, password]) => [
          name ?? '',
          password ?? '',
        ]),
      ),
    running,
    exited,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
};
