import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lintFlows, type FlowFile } from '../support/flow-lint.ts';
import { foreignTypes, ownConfigFields, readText, root } from '../support/palette.ts';

const types = (): ReturnType<typeof foreignTypes> => new Map([...foreignTypes(), ...ownConfigFields()]);
const folder = join(root, 'flows');

describe('flows: the shipped files', () => {
  const files = readdirSync(folder).filter(
    (file) => /^[^.].*\.json$/.test(file) && !file.endsWith('_cred.json'),
  );

  it('are there', () => assert.ok(files.length > 0, 'there is no flow in flows/'));

  it('keep the rules', () => {
    const read = files.map((file) => ({
      name: file.replace(/\.json$/, ''),
      text: readText(join(folder, file)),
    }));
    assert.deepEqual(lintFlows(read, types()), []);
  });
});

describe('flows: the lint finds', () => {
  type Parts = Record<string, Record<string, unknown> & { id: string; type: string }>;
  /** A plant with a loop of three nodes, its group, its tab and its Catch path. */
  const parts = (): Parts => ({
    tab: { id: 'pond', type: 'tab', label: 'Pond', disabled: false, info: 'A pond.' },
    group: {
      id: 'pond-control',
      type: 'group',
      z: 'pond',
      nodes: ['pond-limit'],
      x: 14,
      y: 39,
      w: 300,
      h: 82,
    },
    broker: { id: 'pond-broker', type: 'mqtt-broker', broker: 'localhost', port: '1883', tls: '' },
    input: {
      id: 'pond-input',
      type: 'link in',
      z: 'pond',
      links: ['pond-output'],
      x: 25,
      y: 80,
      wires: [['pond-limit']],
    },
    limit: {
      id: 'pond-limit',
      type: 'range',
      z: 'pond',
      g: 'pond-control',
      x: 130,
      y: 80,
      wires: [['pond-mqtt', 'pond-output']],
    },
    mqtt: { id: 'pond-mqtt', type: 'mqtt out', z: 'pond', broker: 'pond-broker', x: 450, y: 80, wires: [] },
    output: {
      id: 'pond-output',
      type: 'link out',
      z: 'pond',
      links: ['pond-input'],
      x: 435,
      y: 120,
      wires: [],
    },
    caught: {
      id: 'pond-catch',
      type: 'catch',
      z: 'pond',
      scope: null,
      x: 100,
      y: 200,
      wires: [['pond-alarm']],
    },
    alarm: {
      id: 'pond-alarm',
      type: 'function',
      z: 'pond',
      func: 'return msg;',
      x: 300,
      y: 200,
      wires: [[]],
    },
  });
  const fileOf = (nodes: object, name = 'pond'): FlowFile => ({
    name,
    text: JSON.stringify(Object.values(nodes), null, 4),
  });
  let known: ReturnType<typeof types>;
  before(() => {
    known = types();
  });
  const changed = (part: string, change: object): object => {
    const all = parts();
    return { ...all, [part]: { ...all[part], ...change } };
  };

  it('nothing in a good one', () => assert.deepEqual(lintFlows([fileOf(parts())], known), []));

  const cases: [string, object, RegExp][] = [
    ['mqtt', { id: '8f3d2a1b9c0e4f57' }, /8f3d2a1b9c0e4f57: its id is not readable/],
    ['mqtt', { id: 'Pond Out' }, /Pond Out: its id is not readable/],
    ['mqtt', { id: 'lake-mqtt' }, /lake-mqtt: its id does not begin with pond/],
    ['mqtt', { id: 'pond-alarm' }, /pond-alarm: its id is there twice/],
    ['mqtt', { z: 'lake' }, /its tab lake does not exist/],
    ['limit', { g: 'pond-signals' }, /its group pond-signals does not exist/],
    ['group', { nodes: [] }, /pond-limit: its group pond-control does not know it/],
    [
      'group',
      { nodes: ['pond-limit', 'pond-gone'] },
      /pond-control: pond-gone, which it names, is not on its tab/,
    ],
    ['limit', { y: 140 }, /pond-limit: it stands outside its group/],
    ['limit', { x: 131 }, /pond-limit: it is off the grid at 131, 80/],
    ['limit', { y: 90 }, /pond-limit: it is off the grid at 130, 90/],
    ['input', { x: 24 }, /pond-input: it is off the grid/],
    ['limit', { x: undefined, y: undefined }, /pond-limit: it has no x and y/],
    ['limit', { wires: [['pond-gone']] }, /its wire leads to pond-gone, which does not exist/],
    ['limit', { wires: [['pond-input']] }, /its wire to pond-input does not lead to the right/],
    ['input', { links: ['pond-gone'] }, /pond-input: its link pond-gone does not exist/],
    ['output', { links: [] }, /pond-input: its link pond-output does not know it/],
    ['mqtt', { broker: 'pond-tls' }, /pond-mqtt: its broker pond-tls is no mqtt-broker/],
    ['mqtt', { broker: '' }, /pond-mqtt: its broker is blank/],
    ['mqtt', { broker: 'pond-alarm' }, /pond-mqtt: its broker pond-alarm is no mqtt-broker/],
    ['alarm', { type: 'my-function' }, /its type my-function is not ours/],
    ['alarm', { type: 'subflow:pond-sub' }, /its subflow pond-sub does not exist/],
    ['alarm', { type: 'clock-control', clock: 'pond-clock' }, /its clock pond-clock is no process-clock/],
    ['broker', { credentials: { user: 'a' } }, /pond-broker: it carries a secret in credentials/],
    ['broker', { password: 'abc' }, /pond-broker: it carries a secret in password/],
    ['alarm', { type: 'debug', active: true }, /pond-alarm: it is an active debug node/],
    ['alarm', { func: 'a\nb\nc\nd\ne\nf\nreturn msg;' }, /pond-alarm: it has more than 6 lines/],
    ['tab', { info: ' ' }, /pond: it has no description/],
    ['tab', { label: '' }, /pond: it has no label/],
    ['caught', { wires: [[]] }, /pond: it has no Catch node/],
    ['caught', { scope: ['pond-limit'] }, /pond: it has no Catch node/],
    ['caught', { scope: ['pond-gone'] }, /pond-catch: pond-gone, which it names, is not on its tab/],
  ];
  for (const [part, change, problem] of cases)
    it(`${part} ${JSON.stringify(change)}`, () =>
      assert.match(lintFlows([fileOf(changed(part, change))], known).join('\n'), problem));

  const allowed: [string, string, object][] = [
    ['a variable in place of a secret', 'broker', { password: '${MQTT_PASSWORD}' }],
    ['a debug node that is off', 'alarm', { type: 'debug', active: false }],
    ['a function of six lines', 'alarm', { func: 'a\nb\nc\nd\ne\nreturn msg;\n' }],
    ['a clock that is left blank', 'alarm', { type: 'clock-control', clock: '' }],
  ];
  for (const [name, part, change] of allowed)
    it(`nothing in ${name}`, () => assert.deepEqual(lintFlows([fileOf(changed(part, change))], known), []));

  it('a file that Node-RED would write differently', () => {
    const { name, text } = fileOf(parts());
    for (const other of [`${text}\n`, JSON.stringify(JSON.parse(text), null, 2)])
      assert.match(
        lintFlows([{ name, text: other }], known).join(),
        /pond: is not written as Node-RED writes it/,
      );
    assert.match(lintFlows([{ name, text: '{}' }], known).join(), /pond: is no list of nodes/);
  });

  it('a plant may use the services, not another plant, and the services use nobody', () => {
    const lone = (): Parts => {
      const all = parts();
      delete all['broker'];
      return all;
    };
    const broker = (file: string): FlowFile =>
      fileOf({ broker: { ...parts()['broker'], id: `${file}-broker` } }, file);
    const user = (id: string): FlowFile => fileOf({ ...lone(), mqtt: { ...parts()['mqtt'], broker: id } });
    assert.deepEqual(lintFlows([user('services-broker'), broker('services')], known), []);
    assert.match(
      lintFlows([user('lake-broker'), broker('lake')], known).join(),
      /pond-mqtt: its broker lake-broker is no mqtt-broker/,
    );
  });
});
