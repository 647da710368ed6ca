import { connect, type IClientOptions, type MqttClient } from 'mqtt';

/** A message as a client has heard it. */
export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
  /** ms, monotonic */
  readonly at: number;
}
type Fits = (heard: Heard) => boolean;

/** A client that hears everything below some topics, and forgets nothing. */
export interface Wire {
  readonly client: MqttClient;
  readonly heard: readonly Heard[];
  /** Those of one topic, oldest first, from a place in `heard` on. */
  of(topic: string, from?: number): Heard[];
  /** The first one of a topic that fits, from a place in `heard` on (default: from now on); rejects when none comes in time. */
  until(topic: string, fits?: Fits, from?: number): Promise<Heard>;
  end(): Promise<void>;
}

const PATIENCE_MS = 40_000;

/**
 * Connects as soon as a broker listens on that port, and again when it is lost, and subscribes. A client that is
 * refused says so at once.
 */
export const listenOn = async (
  port: number,
  { filter = 'OLP/device/#', ...options }: IClientOptions & { readonly filter?: string } = {},
): Promise<Wire> => {
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 10,
    connectTimeout: 2000,
    ...options,
  });
  const heard: Heard[] = [];
  const waiting = new Set<(heard: Heard) => void>();
  client.on('message', (topic, payload, { retain }) => {
    const message = { topic, text: payload.toString(), retained: retain, at: performance.now() };
    heard.push(message);
    for (const take of waiting) take(message);
  });
  // What is lost is connected again; only a refusal is final.
  const refused = new Promise<never>((_resolve, reject) =>
    client.on('error', (cause) => {
      if ('code' in cause && typeof cause.code === 'number') reject(cause);
    }),
  );
  try {
    await Promise.race([new Promise((resolve) => client.once('connect', resolve)), refused]);
    await client.subscribeAsync(filter, { qos: 1 });
  } catch (cause) {
    client.end(true);
    throw cause;
  }
  const of = (topic: string, from = 0): Heard[] =>
    heard.slice(from).filter((message) => message.topic === topic);
  return {
    client,
    heard,
    of,
    until: (topic, fits = () => true, from = heard.length) => {
      const known = of(topic, from).find(fits);
      if (known) return Promise.resolve(known);
      const { promise, resolve, reject } = Promise.withResolvers<Heard>();
      const take = (message: Heard): void => {
        if (message.topic === topic && fits(message)) resolve(message);
      };
      waiting.add(take);
      const timer = setTimeout(() => {
        const last = of(topic).at(-1);
        reject(new Error(`${topic}: not heard in time; the last one was ${last?.text ?? 'none'}`));
      }, PATIENCE_MS);
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(take);
      });
    },
    end: () => client.endAsync(true),
  };
};
