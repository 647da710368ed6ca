import assert from 'node:assert/strict';
import processClock from '../../nodes/process-clock/process-clock.ts';
import signalInput from '../../nodes/signal-input/signal-input.ts';
import { runNodes, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

const START = Date.UTC(2000, 0, 1, 8);
const rules = [
  {
    from: 'OLP/device/tank/+/sensors/all',
    key: 'temperature',
    to: 'fish-tank/$1',
    quantity: 'temperature',
    unit: 'Cel',
    min: -10,
    max: 60,
  },
  { from: 'OLP/device/tank/+/sensors/all', key: 'lux', to: 'fish-tank/$1', quantity: 'lux', unit: 'lx' },
  { from: 'OLP/device/tank/+/sensors/temperature', to: 'fish-tank/$1/temperature', unit: 'Cel' },
  { from: 'OLP/device/tank/+/control/all', key: 'heater', to: '$1/heater', kind: 'boolean' },
  { from: 'OLP/device/tank/+/control/all', key: 'light', to: '$1/light', kind: 'boolean' },
];
const SENSORS = 'OLP/device/tank/1/sensors/all';
const CONTROL = 'OLP/device/tank/1/control/all';
const input = (change: object = {}): FlowNode => ({
  id: 'input',
  type: 'signal-input',
  name: '',
  clock: 'clock',
  role: 'measurement',
  source: 'measured',
  unmatched: 'error',
  rules: JSON.stringify(rules),
  wires: [['out']],
  ...change,
});
const around: FlowNode[] = [
  { id: 'clock', type: 'process-clock', mode: 'stepped', start: '2000-01-01T08:00:00Z' },
  { id: 'out', type: 'probe', wires: [] },
];

describe('signal-input', () => {
  let flow: NodeFlow;
  const start = async (change: object = {}): Promise<void> => {
    flow = await runNodes([processClock, signalInput], [...around, input(change)]);
  };
  afterEach(() => flow.close());

  it('makes a signal of a wire record', async () => {
    await start();
    flow.receive('input', {
      _msgid: 'm',
      topic: SENSORS,
      payload: Buffer.from('{"temperature":21.5,"lux":0.5}'),
      qos: 1,
      retain: true,
    });
    assert.deepEqual(flow.take('out'), [
      {
        _msgid: 'm',
        topic: 'fish-tank/1',
        payload: { temperature: 21.5, lux: 0.5 },
        timestamp: START,
        quality: 'good',
        source: 'measured',
        units: { temperature: 'Cel', lux: 'lx' },
        qualities: { temperature: 'good', lux: 'good' },
        qos: 1,
        retain: true,
      },
    ]);
    assert.deepEqual(flow.errors(), []);
  });

  it('a single value has its unit', async () => {
    await start({ source: 'simulated' });
    flow.receive('input', { topic: 'OLP/device/tank/2/sensors/temperature', payload: '21.5' });
    const [{ topic, payload, unit, quality, source } = {}] = flow.take('out');
    assert.deepEqual(
      { topic, payload, unit, quality, source },
      { topic: 'fish-tank/2/temperature', payload: 21.5, unit: 'Cel', quality: 'good', source: 'simulated' },
    );
  });

  it('takes the time of the sender, else that of the clock', async () => {
    await start();
    flow.clock().advance(5000);
    flow.receive('input', { topic: SENSORS, payload: { lux: 1, timestamp: 123 } });
    flow.receive('input', { topic: SENSORS, payload: { lux: 1 }, timestamp: 7 });
    assert.deepEqual(
      flow.take('out').map(({ timestamp }) => timestamp),
      [123, START + 5000],
    );
  });

  it('uses what can be read of a measurement; the rest is null, bad, and named in Catch', async () => {
    await start();
    flow.receive('input', { topic: SENSORS, payload: '{"temperature":"warm","lux":3}' });
    const [{ payload, quality, qualities } = {}] = flow.take('out');
    assert.deepEqual(
      { payload, quality, qualities },
      {
        payload: { temperature: null, lux: 3 },
        quality: 'bad',
        qualities: { temperature: 'bad', lux: 'good' },
      },
    );
    assert.deepEqual(flow.errors(), [`temperature of ${SENSORS}: must be a finite number, got "warm"`]);
  });

  it('a command carries no time, quality, unit or source', async () => {
    await start({ role: 'command' });
    flow.receive('input', {
      _msgid: 'm',
      topic: CONTROL,
      payload: '{"heater":true,"light":false}',
      timestamp: 1,
      quality: 'good',
    });
    assert.deepEqual(flow.take('out'), [
      { _msgid: 'm', topic: '1/heater', payload: true },
      { _msgid: 'm', topic: '1/light', payload: false },
    ]);
  });

  const malformed: [unknown, string][] = [
    ['{"heater":"on","light":true}', `heater of ${CONTROL}: must be true or false, got "on"`],
    ['heater on', `payload of ${CONTROL}: must be a JSON object, got "heater on"`],
    [undefined, `payload of ${CONTROL}: must be a JSON object, got nothing`],
    [
      '{"heater":1,"light":null}',
      `heater of ${CONTROL}: must be true or false, got 1; light of ${CONTROL}: must be true or false, got null`,
    ],
  ];
  for (const [payload, message] of malformed)
    it(`refuses a command whole: ${String(payload)}`, async () => {
      await start({ role: 'command' });
      flow.receive('input', { topic: CONTROL, payload });
      assert.deepEqual(flow.take('out'), []);
      assert.deepEqual(flow.errors(), [message]);
    });

  it('a topic without a rule is an error, or is ignored', async () => {
    await start();
    flow.receive('input', { topic: 'x/y', payload: 1 });
    flow.receive('input', { payload: 1 });
    assert.deepEqual(flow.errors(), ['topic: no rule for "x/y"', 'topic: must be text, got nothing']);
    await flow.close();
    await start({ unmatched: 'ignore' });
    flow.receive('input', { topic: 'x/y', payload: 1 });
    assert.deepEqual([...flow.errors(), ...flow.take('out')], []);
  });

  it('leaves the message it got alone', async () => {
    await start();
    const msg = { topic: SENSORS, payload: { lux: 1 }, quality: 'uncertain' };
    flow.receive('input', msg);
    const { topic, payload, quality } = msg;
    assert.deepEqual(
      { topic, payload, quality },
      { topic: SENSORS, payload: { lux: 1 }, quality: 'uncertain' },
    );
  });

  it('shows that it waits, then what it gets', async () => {
    await start();
    assert.deepEqual(flow.statuses('input'), ['no data']);
  });

  const misconfigured: [string, object, RegExp][] = [
    ['rules that are no JSON', { rules: '[{' }, /^rules: must be a JSON list of rules, got "\[\{"$/],
    ['a rule without a topic', { rules: '[{"to":"x"}]' }, /^rules\[0\]\.from: must not be blank/],
    ['a role that is none', { role: 'guess' }, /^role: must be one of measurement, command, got "guess"$/],
    ['a clock that is gone', { clock: 'gone' }, /^clock: there is no running process-clock "gone"$/],
  ];
  for (const [name, change, message] of misconfigured)
    it(`${name} is an error of its configuration`, async () => {
      await start(change);
      assert.match(flow.reported('input')[0] ?? '', message);
      assert.deepEqual(flow.statuses('input'), ['configuration']);
    });
});
