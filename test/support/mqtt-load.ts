import { connect, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';

/** A client that publishes numbers with QoS 1 as fast as they are acknowledged, and after a break what was not, again. */
export interface LoadClient {
  /** Connects and publishes, at most `inFlight` at a time; the promise resolves when the connection is gone. */
  readonly run: (
    port: number,
    inFlight: number,
    login?: { username: string; password: string },
  ) => Promise<void>;
  /** Nothing new from now on; `run` ends when all are acknowledged. */
  readonly finish: () => void;
  /** numbers, in the order in which they were acknowledged */
  readonly acked: readonly number[];
  /** ms from sending to the acknowledgement */
  readonly waits: readonly number[];
  readonly topic: string;
}

const PUBACK = 0x40;
const IDS = 65_535;

/** As little work as there can be: the sender must not be what is measured. */
const publish = (topic: string, number: number, dup: boolean): Buffer => {
  const text = `{"value":${number},"timestamp":${number}}`;
  const length = 2 + topic.length + 2 + text.length;
  if (length > 127) throw new Error('too long for one byte of length');
  const packet = Buffer.allocUnsafe(2 + length);
  packet[0] = dup ? 0x3a : 0x32;
  packet[1] = length;
  packet.writeUInt16BE(topic.length, 2);
  packet.write(topic, 4, 'latin1');
  packet.writeUInt16BE((number % IDS) + 1, 4 + topic.length);
  packet.write(text, 6 + topic.length, 'latin1');
  return packet;
};

/** Calls back with the type and the two bytes of each packet; all that come here are that short. */
const eachAnswer = (socket: Socket, answered: (type: number, bytes: number) => void): void => {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (; data.length >= 4; data = data.subarray(4)) answered(data[0] ?? 0, data.readUInt16BE(2));
    rest = data;
  });
};

export const loadClient = (topic: string): LoadClient => {
  /** number and time of sending, by id; in the order of sending */
  const open = new Map<number, { readonly number: number; at: number }>();
  const acked: number[] = [];
  const waits: number[] = [];
  let next = 1;
  let isFinishing = false;
  let fill = (): void => {};
  return {
    acked,
    waits,
    topic,
    finish() {
      isFinishing = true;
      fill();
    },
    run: (port, inFlight, login) =>
      new Promise((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        socket.on('error', () => {}); // it is closed then
        socket.once('close', () => resolve());
        const clientId = topic.replaceAll('/', '-');
        const who = {
          clientId,
          clean: false,
          keepalive: 60,
          protocolId: 'MQTT',
          protocolVersion: 4,
        } as const;
        socket.write(
          generate({
            cmd: 'connect',
            ...who,
            ...(login ? { username: login.username, password: Buffer.from(login.password) } : {}),
          }),
        );
        fill = () => {
          const at = performance.now();
          const packets: Buffer[] = [];
          for (; !isFinishing && open.size < inFlight; next++) {
            open.set((next % IDS) + 1, { number: next, at });
            packets.push(publish(topic, next, false));
          }
          if (packets.length > 0) socket.write(Buffer.concat(packets));
          if (isFinishing && open.size === 0) socket.destroy();
        };
        eachAnswer(socket, (type, id) => {
          if (type === PUBACK) {
            const sent = open.get(id);
            if (!sent) return;
            open.delete(id);
            acked.push(sent.number);
            waits.push(performance.now() - sent.at);
          } else if (id === 0 || id === 0x0100) {
            // CONNACK: what was under way comes first.
            for (const sent of open.values()) {
              sent.at = performance.now();
              socket.write(publish(topic, sent.number, true));
            }
          } else {
            socket.destroy(new Error('refused'));
            return;
          }
          setImmediate(fill);
        });
      }),
  };
};

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN;
