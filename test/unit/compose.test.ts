import assert from 'node:assert/strict';
import fc from 'fast-check';
import { adopt, standalone } from '../../runtime/adopt.ts';
import {
  compose,
  credentialsFor,
  editorOrder,
  flowText,
  type FlowFile,
  type FlowNode,
} from '../../runtime/compose.ts';

const tab = (id: string): FlowNode => ({ id, type: 'tab', label: id });
const at = (id: string, z: string, more: object = {}): FlowNode => ({
  id,
  type: 'debug',
  z,
  x: 1,
  y: 1,
  wires: [],
  ...more,
});
const config = (id: string, more: object = {}): FlowNode => ({ id, type: 'ui-theme', ...more });

const services: FlowFile = {
  name: 'services',
  nodes: [
    tab('services-tab'),
    config('broker', { type: 'mqtt-broker' }),
    config('base'),
    config('theme'),
    at('services-summary', 'services-tab'),
  ],
};
const tank: FlowFile = {
  name: 'fish-tank',
  nodes: [
    tab('fish-tank-1'),
    { id: 'fish-tank-side', type: 'subflow', in: [] },
    { id: 'fish-tank-group', type: 'group', z: 'fish-tank-1', nodes: ['fish-tank-a'] },
    { id: 'fish-tank-j', type: 'junction', z: 'fish-tank-1', x: 1, y: 1, wires: [] },
    config('fish-tank-clock'),
    config('fish-tank-page', { ui: 'base' }),
    at('fish-tank-inner', 'fish-tank-side', { store: 'theme' }),
    at('fish-tank-a', 'fish-tank-1', { broker: 'broker', clock: 'fish-tank-clock' }),
    at('fish-tank-b', 'fish-tank-1', { type: 'subflow:fish-tank-side' }),
  ],
};
const power: FlowFile = { name: 'power', nodes: [tab('power-tab'), at('power-a', 'power-tab')] };
const files = [tank, power, services];
const ids = (nodes: readonly FlowNode[]): string[] => nodes.map(({ id }) => id);

describe('compose', () => {
  it('keeps the order in which the editor saves', () => {
    assert.deepEqual(ids(compose(files)), [
      'fish-tank-1',
      'power-tab',
      'services-tab',
      'fish-tank-side',
      'fish-tank-group',
      'fish-tank-j',
      'broker',
      'base',
      'theme',
      'fish-tank-clock',
      'fish-tank-page',
      'fish-tank-inner',
      'fish-tank-a',
      'fish-tank-b',
      'power-a',
      'services-summary',
    ]);
  });

  it('puts a config node after those it names, as the editor does', () => {
    const page = config('page', { ui: 'base', theme: 'theme' });
    const group = config('group', { page: 'page' });
    const order = (...nodes: FlowNode[]): string[] => ids(editorOrder(nodes));
    assert.deepEqual(order(group, page, config('base'), config('theme')), ['base', 'theme', 'page', 'group']);
    assert.deepEqual(order(config('a', { to: 'b' }), config('b', { to: 'a' }), config('c')), ['c', 'a', 'b']);
  });

  it('writes as Node-RED does: four spaces, no final newline', () => {
    assert.equal(
      flowText([tab('a')]),
      '[\n    {\n        "id": "a",\n        "type": "tab",\n        "label": "a"\n    }\n]',
    );
  });

  it('refuses an id that stands twice, naming both files', () => {
    assert.throws(() => compose([tank, { name: 'power', nodes: [tab('fish-tank-1')] }]), {
      message: 'id fish-tank-1: stands in fish-tank.json and in power.json',
    });
  });

  it('puts references, no secrets, in the credentials', () => {
    assert.deepEqual(credentialsFor(compose(files)), {
      broker: { user: '${MQTT_USER}', password: '${MQTT_PASSWORD}' },
    });
  });
});

describe('adopt', () => {
  it('gives back the files a flow was composed of', () =>
    assert.deepEqual(adopt(compose(files), files), files));

  /** Plants with any mixture of nodes, each in the editor's order. */
  const plant = (name: string): fc.Arbitrary<FlowFile> =>
    fc
      .record({
        tabs: fc.integer({ min: 1, max: 3 }),
        subflows: fc.nat(2),
        parts: fc.array(
          fc.tuple(fc.constantFrom('debug', 'group', 'junction', 'config', 'inject'), fc.nat(9)),
          {
            maxLength: 20,
          },
        ),
      })
      .map(({ tabs, subflows, parts }) => {
        const canvases = [
          ...Array.from({ length: tabs }, (_, i) => tab(`${name}-tab-${i}`)),
          ...Array.from({ length: subflows }, (_, i) => ({ id: `${name}-sub-${i}`, type: 'subflow' })),
        ];
        const rest = parts.map(([type, place], i) => {
          const z = canvases[place % canvases.length]?.id ?? '';
          // Forwards in its own file, or into the services: the runtime takes no circles.
          const own = place % 2 === 1 || name === 'services';
          if (type === 'config')
            return config(`${name}-${i}`, { to: own ? `${name}-${i + 1 + place}` : `services-${place}` });
          return type === 'group'
            ? { id: `${name}-${i}`, type, z, nodes: [] }
            : at(`${name}-${i}`, z, { type });
        });
        return { name, nodes: editorOrder([...canvases, ...rest]) };
      });
  const plants = fc.tuple(plant('fish-tank'), plant('fermenter'), plant('services'));

  it('round-trips any files', () => {
    fc.assert(fc.property(plants, (list) => assert.deepEqual(adopt(compose(list), list), list)));
  });

  it('loses nothing, whatever the order the nodes come in', () => {
    const shuffled = plants.chain((list) => {
      const all = compose(list);
      return fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      );
    });
    fc.assert(
      fc.property(shuffled, ([list, nodes]) => {
        const adopted = adopt(nodes, list);
        assert.deepEqual(new Set(adopted.flatMap((file) => ids(file.nodes))), new Set(ids(nodes)));
        for (const { name, nodes: own } of adopted) for (const { id } of own) assert.ok(id.startsWith(name));
      }),
    );
  });

  const edited = (...more: FlowNode[]): Record<string, string[]> =>
    Object.fromEntries(
      adopt([...compose(files), ...more], files).map(({ name, nodes }) => [name, ids(nodes)]),
    );

  it('takes a new node to the file of its tab, whatever its id', () => {
    assert.ok(edited(at('a1b2c3', 'power-tab'))['power']?.includes('a1b2c3'));
  });
  it('takes a new tab to the file its id begins with', () => {
    assert.ok(edited(tab('power-more'), at('x', 'power-more'))['power']?.includes('x'));
  });
  it('takes a new config node to its only user, else to the services', () => {
    const lone = edited(config('c1'), at('x', 'power-tab', { broker: 'c1' }));
    assert.ok(lone['power']?.includes('c1'));
    const shared = edited(
      config('c1'),
      at('x', 'power-tab', { b: 'c1' }),
      at('y', 'fish-tank-1', { b: 'c1' }),
    );
    assert.ok(shared['services']?.includes('c1'));
  });
  it('refuses a new tab that belongs nowhere', () => {
    assert.throws(() => edited(tab('a1b2c3')), /tab a1b2c3: its id must begin with the name of a flow file/);
  });
  it('refuses a node that stands nowhere', () => {
    assert.throws(() => edited(at('x', 'gone')), /debug x: stands on no tab and in no subflow/);
  });
});

describe('standalone', () => {
  it('adds the config nodes a plant needs, also through others, and no more', () => {
    assert.deepEqual(
      new Set(ids(standalone('fish-tank', files))),
      new Set([...ids(tank.nodes), 'broker', 'base', 'theme']),
    );
    assert.deepEqual(ids(standalone('power', files)), ['power-tab', 'power-a']);
  });
});
