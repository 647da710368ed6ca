import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import dashboardUser from '../../nodes/dashboard-user/dashboard-user.ts';

type Hook = (socket: object, ...args: unknown[]) => unknown;
interface Plugin {
  readonly type: string;
  readonly hooks: Readonly<
    Record<'onSetup' | 'onAction' | 'onSend' | 'onChange' | 'onAddConnectionCredentials', Hook>
  >;
}

/** The plugin as Node-RED registers it under some settings. */
const registered = (pilotPlant?: object): Plugin => {
  const plugins: Plugin[] = [];
  const registry = { registerPlugin: (_id: string, plugin: Plugin) => plugins.push(plugin) };
  dashboardUser({ settings: { pilotPlant }, plugins: registry } as unknown as NodeAPI);
  const [plugin] = plugins;
  assert.ok(plugin);
  assert.equal(plugin.type, 'node-red-dashboard-2');
  return plugin;
};

const roles = { admin: 'act', operator: 'act', viewer: 'look' };
const socketOf = (
  user?: object,
): { data: object; emitted: unknown[][]; emit: (...args: unknown[]) => unknown } => {
  const emitted: unknown[][] = [];
  return { data: { ...(user && { user }) }, emitted, emit: (...args) => emitted.push(args) };
};
const operator = { name: 'op', role: 'operator' };
const viewer = { name: 'eye', role: 'viewer' };
const old = {
  topic: 'mode',
  payload: 'auto',
  timestamp: 1,
  quality: 'good',
  source: 'simulated',
  _client: {},
};

describe('dashboard-user', () => {
  for (const hook of ['onAction', 'onSend', 'onChange'] as const) {
    it(`${hook}: an operator's message goes on as a fresh command with the user`, () => {
      const { hooks } = registered({ roles });
      assert.deepEqual(hooks[hook](socketOf(operator), 'w', { ...old }), {
        topic: 'mode',
        payload: 'auto',
        user: 'op',
      });
    });
    it(`${hook}: a viewer's and a stranger's message ends here`, () => {
      const { hooks } = registered({ roles });
      assert.equal(hooks[hook](socketOf(viewer), 'w', { ...old }), null);
      assert.equal(hooks[hook](socketOf(), 'w', { ...old }), null);
    });
    it(`${hook}: without users and roles nothing is touched`, () => {
      const msg = { ...old };
      assert.equal(registered().hooks[hook](socketOf(), 'w', msg), msg);
      assert.deepEqual(msg, old);
    });
  }

  it('tells a page who sits before it, and whether they may act', () => {
    const { onSetup } = registered({ roles }).hooks;
    assert.deepEqual(onSetup({}, { user: operator }), { user: { ...operator, acts: true } });
    assert.deepEqual(onSetup({}, { user: viewer }), { user: { ...viewer, acts: false } });
    assert.deepEqual(onSetup({}, {}), {});
  });

  it('gives the widget of a viewer back what counts', () => {
    const socket = socketOf(viewer);
    registered({ roles }).hooks.onChange(socket, 'switch-1', old);
    assert.deepEqual(socket.emitted, [['widget-load:switch-1', old]]);
  });

  it('names the user where Dashboard adds its client data', () => {
    const { hooks } = registered({ roles });
    assert.deepEqual(
      hooks.onAddConnectionCredentials(socketOf(viewer), { payload: 1, _client: { socketId: 's' } }),
      {
        payload: 1,
        user: 'eye',
        _client: { socketId: 's', user: 'eye' },
      },
    );
    const msg = { payload: 1 };
    assert.equal(hooks.onAddConnectionCredentials(socketOf(), msg), msg);
    assert.deepEqual(msg, { payload: 1 });
  });
});
