import { connect } from 'node:net';
import { generate, parser, type Packet } from 'mqtt-packet';

/** A client that answers nothing by itself, for what lies between two packets of a handshake. */
export interface RawClient {
  readonly send: (packet: Packet) => void;
  /** Waits for the packet after the last that was asked for. */
  readonly next: () => Promise<Packet>;
  readonly end: () => void;
}

export const rawClient = async (port: number, clientId: string, clean = false): Promise<RawClient> => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  const seen: Packet[] = [];
  let taken = 0;
  let wake = (): void => {};
  const reader = parser();
  reader.on('packet', (packet) => {
    seen.push(packet);
    wake();
  });
  socket.on('data', (chunk) => reader.parse(chunk));
  const send = (packet: Packet): void => void socket.write(generate(packet));
  const next = async (): Promise<Packet> => {
    while (seen.length <= taken) await new Promise<void>((resolve) => (wake = resolve));
    const packet = seen[taken++];
    if (!packet) throw new Error('no packet');
    return packet;
  };
  send({ cmd: 'connect', clientId, clean, keepalive: 60, protocolId: 'MQTT', protocolVersion: 4 });
  const answer = await next();
  if (answer.cmd !== 'connack' || answer.returnCode !== 0) throw new Error(`refused: ${answer.cmd}`);
  return { send, next, end: () => socket.destroy() };
};
