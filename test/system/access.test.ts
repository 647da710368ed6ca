import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { connectPage, type PageSocketClient } from '../support/page-socket.ts';
import { startPlant, type Plant } from '../support/server.ts';

const FOREIGN = { Origin: 'http://evil.example' };

describe('who may come in', function () {
  this.timeout(60_000);
  let dataDir: string;
  let plant: Plant;
  let mqtt: MqttClient;
  const reports: Record<string, unknown>[] = [];

  /** The cookie of a fresh session. */
  const logIn = async (name: string): Promise<Record<string, string>> => {
    const body = new URLSearchParams({
      name,
      password: plant.passwords()[name] ?? '',
      next: '/dashboard/tank?a=1',
    });
    const response = await fetch(`${plant.url}/login`, { method: 'POST', body, redirect: 'manual' });
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), '/dashboard/tank?a=1');
    const cookie = response.headers.get('set-cookie') ?? '';
    assert.match(cookie, /; HttpOnly; SameSite=Lax; Max-Age=28800/);
    return { Cookie: cookie.split(';', 1)[0] ?? '' };
  };
  const statusOf = async (path: string, init: RequestInit = {}): Promise<number> => {
    const response = await fetch(plant.url + path, { redirect: 'manual', ...init });
    await response.arrayBuffer();
    return response.status;
  };
  const upgrade = async (path: string, headers: Record<string, string>): Promise<number | undefined> => {
    const asked = request(plant.url + path, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    asked.end();
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    asked.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    asked.on('response', ({ statusCode }) => resolve(statusCode));
    asked.on('error', reject);
    return promise;
  };
  const opened = async (headers: Record<string, string>): Promise<PageSocketClient> => {
    const socket = await connectPage(plant.url, headers);
    assert.ok(typeof socket === 'object', `refused with ${JSON.stringify(socket)}`);
    return socket;
  };
  const reported = async (): Promise<Record<string, unknown> | undefined> => {
    if (reports.length === 0) await new Promise((resolve) => mqtt.once('message', resolve));
    return reports.shift();
  };

  let operator: Record<string, string>;
  let viewer: Record<string, string>;
  let admin: Record<string, string>;
  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    plant = await startPlant({ dataDir, flowsDir: join(import.meta.dirname, '..', 'support', 'flows') });
    assert.equal(await plant.running, true, plant.output());
    mqtt = await connectAsync(`mqtt://127.0.0.1:${plant.mqttPort}`);
    mqtt.on('message', (_topic, payload) =>
      reports.push(JSON.parse(payload.toString()) as Record<string, unknown>),
    );
    await mqtt.subscribeAsync('OLP/device/report', { qos: 1 });
    [admin, operator, viewer] = await Promise.all([logIn('admin'), logIn('operator'), logIn('viewer')]);
  });
  after(async () => {
    await mqtt?.endAsync(true);
    assert.equal(await plant.stop(), 0);
    rmSync(dataDir, { recursive: true });
  });

  it('sends a stranger who wants a page to the login, and refuses anything else', async () => {
    const page = await fetch(`${plant.url}/dashboard/tank?a=1`, {
      headers: { Accept: 'text/html' },
      redirect: 'manual',
    });
    assert.equal(page.status, 302);
    assert.equal(page.headers.get('location'), '/login?next=%2Fdashboard%2Ftank%3Fa%3D1');
    const login = await fetch(`${plant.url}/login?next=%2Fdashboard%2Ftank%3Fa%3D1`);
    assert.match(await login.text(), /name="next" value="\/dashboard\/tank\?a=1"/);
    for (const path of [
      '/dashboard',
      '/dashboard/_setup',
      '/dashboard/manifest.webmanifest',
      '/api/value',
      '/nothing',
    ])
      assert.equal(await statusOf(path), 401, path);
    assert.equal(await statusOf('/api/echo', { method: 'POST', body: 'x' }), 401);
    assert.equal(await connectPage(plant.url, {}), 401);
    assert.equal(
      await connectPage(plant.url, { Cookie: `pilot-plant-${plant.port}=a.9999999999999.b.c` }),
      401,
    );
  });

  it('shows the pages to everybody who has signed in', async () => {
    for (const headers of [admin, operator, viewer]) {
      assert.equal(await statusOf('/dashboard/tank', { headers }), 200);
      assert.equal(await statusOf('/dashboard/_setup', { headers }), 200);
      assert.equal(await statusOf('/api/value', { headers }), 200);
      const [config] = await (await opened(headers)).receive();
      assert.equal(config?.[0], 'ui-config');
    }
  });

  it('lets an operator act and a viewer look', async () => {
    const watching = await opened(viewer);
    const acting = await opened(operator);
    const stale = {
      payload: 'x',
      timestamp: 1,
      quality: 'bad',
      source: 'simulated',
      user: 'admin',
      _client: {},
    };
    await watching.emit('widget-action', 'fish-tank-template', stale);
    await watching.emit('widget-send', 'fish-tank-template', stale);
    await watching.emit('widget-change', 'fish-tank-switch', true);
    await acting.emit('widget-action', 'fish-tank-template', { ...stale, payload: 'action' });
    await acting.emit('widget-send', 'fish-tank-template', { ...stale, payload: 'send' });
    await acting.emit('widget-change', 'fish-tank-switch', true);
    for (const payload of ['action', 'send', true]) {
      const message = await reported();
      assert.deepEqual(
        new Set(Object.keys(message ?? {}).filter((key) => key !== '_msgid' && key !== 'topic')),
        new Set(['payload', 'user']),
      );
      assert.partialDeepStrictEqual(message, { payload, user: 'operator' });
    }
    assert.equal(await statusOf('/api/echo', { method: 'POST', body: 'x', headers: viewer }), 403);
    assert.equal(await statusOf('/api/echo', { method: 'POST', body: 'x', headers: operator }), 200);
  });

  it('lets only those who may act into websocket nodes', async () => {
    assert.equal(await upgrade('/socket', operator), 101);
    assert.equal(await upgrade('/socket', viewer), 401);
    assert.equal(await upgrade('/socket', {}), 401);
  });

  it('refuses foreign pages and foreign names on everything that changes something', async () => {
    const post = { method: 'POST', body: 'x' };
    assert.equal(await statusOf('/api/echo', { ...post, headers: { ...operator, ...FOREIGN } }), 403);
    assert.equal(await statusOf('/login', { ...post, headers: FOREIGN }), 403);
    assert.equal(await statusOf('/logout', { ...post, headers: { ...operator, ...FOREIGN } }), 403);
    for (const path of ['/admin/flows', '/admin/nodes', '/admin/auth/token'])
      assert.equal(await statusOf(path, { ...post, headers: FOREIGN }), 403, path);
    assert.equal(await connectPage(plant.url, { ...operator, ...FOREIGN }), 403);
    for (const path of ['/dashboard/socket.io/?EIO=4&transport=websocket', '/socket', '/admin/comms'])
      assert.ok([401, 403].includes((await upgrade(path, { ...operator, ...FOREIGN })) ?? 0), path);
    for (const path of ['/admin/', '/login', '/dashboard', '/dashboard/socket.io/?EIO=4&transport=polling']) {
      const asked = request(plant.url + path, { headers: { ...operator, Host: 'plant.evil.example' } });
      asked.end();
      const [{ statusCode }] = (await once(asked, 'response')) as [{ statusCode: number }];
      assert.equal(statusCode, 421, path);
    }
  });

  it('gives a stranger no page socket, however its path is written', async () => {
    for (const rest of ['/', '/x', '//', ''])
      assert.equal(await statusOf(`/dashboard/socket.io${rest}?EIO=4&transport=polling`), 401, rest);
  });

  it('gives the editor by role', async () => {
    const token = async (name: string): Promise<Record<string, string>> => {
      const body = new URLSearchParams({
        client_id: 'node-red-editor',
        grant_type: 'password',
        scope: '',
        username: name,
        password: plant.passwords()[name] ?? '',
      });
      const response = await fetch(`${plant.url}/admin/auth/token`, { method: 'POST', body });
      const { access_token: access } = (await response.json()) as { access_token: string };
      return { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' };
    };
    assert.equal(await statusOf('/admin/flows'), 401);
    assert.equal(
      await statusOf('/admin/flows', { headers: admin }),
      401,
      'a session of the pages is none of the editor',
    );
    for (const [name, write] of [
      ['viewer', 401],
      ['operator', 401],
      ['admin', 400],
    ] as const) {
      const headers = await token(name);
      assert.equal(await statusOf('/admin/flows', { headers }), 200, name);
      // Not a flow: whoever may write is told so, the others do not get that far.
      assert.equal(await statusOf('/admin/flow', { method: 'POST', headers, body: '{}' }), write, name);
      const install = await statusOf('/admin/nodes', { method: 'POST', headers, body: '{}' });
      assert.equal(install, 404, 'no installation');
    }
  });

  it('caps what may be sent', async () => {
    const long = 'x'.repeat(1_048_577);
    const headers = { ...operator, 'Content-Type': 'application/octet-stream' };
    assert.equal(await statusOf('/api/echo', { method: 'POST', headers, body: long }), 413);
    const asked = request(`${plant.url}/api/echo`, { method: 'POST', headers });
    asked.write('a body without a length');
    asked.end();
    const [{ statusCode }] = (await once(asked, 'response')) as [{ statusCode: number }];
    assert.equal(statusCode, 411);
  });

  it('ends a session with its sockets', async () => {
    const leaving = await logIn('viewer');
    const socket = await opened(leaving);
    await socket.receive();
    const answer = await fetch(`${plant.url}/logout`, {
      method: 'POST',
      headers: leaving,
      redirect: 'manual',
    });
    assert.equal(answer.status, 303);
    assert.match(answer.headers.get('set-cookie') ?? '', /Max-Age=0/);
    assert.equal(await statusOf('/dashboard/tank', { headers: leaving }), 401);
    await assert.rejects(socket.emit('widget-load', 'x'));
    assert.equal(await statusOf('/dashboard/tank', { headers: viewer }), 200, 'the other session goes on');
  });

  it('answers every response with the headers that keep a page to itself', async () => {
    for (const path of ['/login', '/dashboard', '/admin/']) {
      const { headers } = await fetch(plant.url + path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors/, path);
      assert.equal(headers.get('referrer-policy'), 'same-origin', path);
    }
  });

  // Last: it uses up this address's tries.
  it('takes four failed logins, then none, on the page and in the editor', async () => {
    const tries: number[] = [];
    const attempt = async (name: string, password: string): Promise<Response> =>
      fetch(`${plant.url}/login`, {
        method: 'POST',
        body: new URLSearchParams({ name, password }),
        redirect: 'manual',
      });
    const bodies = new Set<string>();
    for (const name of ['admin', 'nobody', 'viewer']) {
      const response = await attempt(name, 'wrong');
      tries.push(response.status);
      bodies.add(await response.text());
    }
    assert.equal(bodies.size, 1, 'the answer does not tell whether the user exists');
    const body = new URLSearchParams({
      client_id: 'node-red-editor',
      grant_type: 'password',
      username: 'admin',
      password: 'wrong',
    });
    tries.push(await statusOf('/admin/auth/token', { method: 'POST', body }));
    assert.deepEqual(tries, [401, 401, 401, 403]);
    const refused = await attempt('admin', plant.passwords()['admin'] ?? '');
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get('retry-after') ?? '', /^(5\d\d|600)$/);
    assert.equal(await statusOf('/admin/auth/token', { method: 'POST', body }), 429);
  });
});
