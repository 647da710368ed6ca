import assert from 'node:assert/strict';

/** A socket of the dashboard over HTTP polling: just enough of Engine.IO 4 and Socket.IO 5. */
export interface PageSocketClient {
  emit(event: string, ...values: unknown[]): Promise<void>;
  /** The next packets of the server, as `[event, ...values]`; waits for some. */
  receive(): Promise<unknown[][]>;
}

const SEPARATOR = '\u001e';
const PING = '2';
const PONG = '3';
const path = '/dashboard/socket.io/?EIO=4&transport=polling';

/** Connects, or resolves with the HTTP status or the words with which the server refuses. */
export const connectPage = async (
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<PageSocketClient | number | string> => {
  const handshake = await fetch(url + path, { headers });
  if (!handshake.ok) return handshake.status;
  const { sid } = JSON.parse((await handshake.text()).slice(1)) as { sid: string };
  const post = async (packet: string): Promise<void> => {
    const { status } = await fetch(`${url}${path}&sid=${sid}`, { method: 'POST', headers, body: packet });
    assert.equal(status, 200);
  };
  const poll = async (): Promise<string[]> => {
    const response = await fetch(`${url}${path}&sid=${sid}`, { headers });
    assert.equal(response.status, 200);
    const packets = (await response.text()).split(SEPARATOR);
    if (packets.includes(PING)) await post(PONG);
    return packets;
  };
  await post('40');
  const waiting: unknown[][] = [];
  const take = (packets: readonly string[]): void => {
    for (const packet of packets)
      if (packet.startsWith('42')) waiting.push(JSON.parse(packet.slice(2)) as unknown[]);
  };
  const answer = await poll();
  const refusal = answer.find((packet) => packet.startsWith('44'));
  if (refusal !== undefined) return (JSON.parse(refusal.slice(2)) as { message: string }).message;
  assert.ok(answer.some((packet) => packet.startsWith('40')));
  take(answer);
  return {
    emit: (event, ...values) => post(`42${JSON.stringify([event, ...values])}`),
    async receive() {
      while (waiting.length === 0) take(await poll());
      return waiting.splice(0);
    },
  };
};
