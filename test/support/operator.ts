import assert from 'node:assert/strict';
import { connectPage, type PageSocketClient } from './page-socket.ts';

/** What the page of the fish tank knows: the newest message of every topic. */
export type Model = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** The payload of a topic in the model, as the record it should be. */
export const payloadOf = (model: Model, topic: string): Readonly<Record<string, unknown>> =>
  (model[topic]?.['payload'] ?? {}) as Record<string, unknown>;
/** Who was chosen to drive the heater: off, on-off, pid, manual, external. */
export const selected = (model: Model): string =>
  String(model['owner/heater']?.['selected']).split('/', 1)[0] ?? '';
/** What the heater of tank 1 really does, %. */
export const heaterIn = (model: Model): unknown => payloadOf(model, 'fish-tank/1/plant')['heater'];

/** A person at the page of the fish tank, without a browser. */
export interface Operator {
  act(topic: string, payload: unknown, more?: object): Promise<void>;
  /** The first model of the page that fits; waits for newer ones until one does. */
  model(fits: (model: Model) => boolean): Promise<Model>;
}

const WIDGET = 'fish-tank-page-control';
const PATIENCE_MS = 40_000;

/** Signs in on the login page. */
export const signIn = async (
  url: string,
  name: string,
  password = '',
): Promise<Readonly<Record<string, string>>> => {
  const body = new URLSearchParams({ name, password, next: '/dashboard' });
  const { status, headers } = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
  assert.equal(status, 303, `${name} is not let in`);
  return { Cookie: headers.get('set-cookie')?.split(';', 1)[0] ?? '' };
};

const modelIn = (packets: readonly unknown[][]): Model | undefined =>
  packets
    .filter(([event]) => event === `msg-input:${WIDGET}`)
    .map(([, message]) => (message as { payload: Model }).payload)
    .at(-1);

export const openOperator = async (url: string, password = ''): Promise<Operator> => {
  const headers = await signIn(url, 'operator', password);
  const open = async (): Promise<PageSocketClient> => {
    const socket = await connectPage(url, headers);
    assert.ok(typeof socket === 'object', `refused with ${JSON.stringify(socket)}`);
    return socket;
  };
  return {
    act: async (topic, payload, more = {}) =>
      (await open()).emit('widget-send', WIDGET, { topic, payload, ...more }),
    model: async (fits) => {
      const socket = await open();
      const end = performance.now() + PATIENCE_MS;
      let model: Model | undefined;
      while (performance.now() < end) {
        model = modelIn(await socket.receive()) ?? model;
        if (model && fits(model)) return model;
      }
      throw new Error(`page: no such model in time: ${JSON.stringify(model)}`);
    },
  };
};

/** The editor's deploy button, as the administrator: everything stops and starts again. */
export const deployAll = async (url: string, password = ''): Promise<void> => {
  const form = {
    client_id: 'node-red-editor',
    grant_type: 'password',
    scope: '',
    username: 'admin',
    password,
  };
  const token = await fetch(`${url}/admin/auth/token`, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token: access } = (await token.json()) as { access_token: string };
  const headers = {
    Authorization: `Bearer ${access}`,
    'Content-Type': 'application/json',
    'Node-RED-API-Version': 'v2',
  };
  const flows = await (await fetch(`${url}/admin/flows`, { headers })).text();
  const { status } = await fetch(`${url}/admin/flows`, {
    method: 'POST',
    headers: { ...headers, 'Node-RED-Deployment-Type': 'full' },
    body: flows,
  });
  assert.equal(status, 200, 'the deploy');
};
