import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import adapter from '../../nodes/bioreactor-lifecycle/bioreactor-lifecycle.ts';
import { states } from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import { outputs, type Outgoing } from '../../nodes/bioreactor-lifecycle/messages.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import processClock from '../../nodes/process-clock/process-clock.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow, type Sent } from '../support/node-flow.ts';
import { batchOf, identity } from '../support/reactor-run.ts';

type Output = Outgoing['output'];
const clock: FlowNode = {
  id: 'clock',
  type: 'process-clock',
  mode: 'stepped',
  start: '2020-01-01T00:00:00Z',
};
const probes: FlowNode[] = outputs.map((id) => ({ id, type: 'probe', wires: [] }));
const reactor = (form: object = {}): FlowNode => ({
  id: 'reactor',
  type: 'bioreactor-lifecycle',
  clock: 'clock',
  ...identity,
  wires: outputs.map((id) => [id]),
  ...form,
});
const record = (payload: object, extra: object = {}) => ({ topic: 'bioreactor/1', payload, ...extra });
const all = { temperature: 18, pressure: 700, ph: 7 };

describe('bioreactor-lifecycle', () => {
  const data = temporaryFolder();
  let flow: NodeFlow;
  let api: NodeAPI;
  const capturing = (RED: NodeAPI): void => {
    api = RED;
    adapter(RED);
  };
  const start = async (form: object = {}): Promise<void> => {
    flow = await runNodes([processClock, capturing], [clock, reactor(form), ...probes], {
      userDir: data.folder,
    });
  };
  const restart = async (form: object = {}): Promise<void> => {
    await flow.close();
    await start(form);
  };
  afterEach(async () => {
    await flow.close();
    stateDatabase(data.folder).exec('DELETE FROM state');
    stateDatabase(data.folder).close();
  });
  after(data.remove);

  const send = (topic: string, payload: unknown = {}, extra: object = {}): void =>
    flow.receive('reactor', { topic, payload, user: 'ann', ...extra });
  const payloads = (output: Output): Record<string, unknown>[] =>
    flow.take(output).map(({ payload }) => Object(payload));
  const last = (output: Output): Record<string, unknown> => payloads(output).at(-1) ?? {};
  const forget = (): void => {
    for (const output of outputs) flow.take(output);
  };
  const seconds = (count: number): void => flow.clock().advance(count * 1000);
  /** A run that has begun just now. */
  const brew = (recipe: object = {}): void => {
    send('receive', batchOf('a', recipe));
    seconds(2);
    flow.receive('reactor', record(all));
    send('start', { Id: 'a' });
  };

  it('begins idle, and tells everybody, with the actuators off', async () => {
    await start();
    assert.deepEqual(payloads('actuators'), [
      { heat: false, agitate: false },
      { heat: false, agitate: false },
    ]);
    assert.equal(last('status')['state'], 'idle');
    assert.deepEqual(
      payloads('publish').map(({ Available }) => Available),
      ['True'],
    );
    assert.equal(last('led')['color'], '#0000ff');
    assert.deepEqual(flow.take('audit'), []);
  });

  it('brews a batch', async () => {
    await start();
    forget();
    brew();
    for (let second = 0; second < 30; second++) {
      seconds(1);
      flow.receive('reactor', record(all));
    }
    send('pickup');
    seconds(10);
    assert.deepEqual(
      payloads('publish').map(({ Status, Available }) => Status ?? Available),
      [
        'Ready to Start',
        'False',
        'Ready to Start',
        'Ready to Start',
        'In Progress',
        'Ready for Pickup',
        'Finished',
        'True',
      ],
    );
    const requests = flow.take('request');
    assert.equal(requests.length, 6);
    assert.deepEqual(Object(requests[0]?.['batch'])['Brew'], 'ann|a');
    const entries = payloads('audit');
    assert.deepEqual(
      entries.map(({ to }) => to),
      ['received', 'connecting', 'ready-to-start', 'running', 'ready-for-pickup', 'cleaning', 'idle'],
    );
    const first = Number(entries[0]?.['seq']);
    assert.deepEqual(
      entries.map(({ id }) => id),
      entries.map((_, index) => `pi01-${first + index}`),
    );
    assert.deepEqual(flow.errors(), []);
  });

  it('says how it is to who has not heard it', async () => {
    await start();
    flow.take('publish');
    send('announce');
    assert.deepEqual(
      payloads('publish').map((payload) => payload['Available']),
      ['True'],
    );
    assert.deepEqual(payloads('audit'), []);
  });

  it('tells the message a command came with', async () => {
    await start();
    forget();
    send('selftest', {}, { _msgid: 'm1' });
    assert.deepEqual(
      outputs.flatMap((output) => flow.take(output).map(({ _msgid }) => _msgid)),
      ['m1', 'm1', 'm1', 'm1'],
    );
  });

  it('a refusal is no error; what cannot be read is one, named, and changes nothing', async () => {
    await start();
    brew();
    forget();
    send('unhold');
    send('receive', batchOf('b'));
    assert.deepEqual(flow.errors(), []);
    assert.equal(payloads('publish')[0]?.['Status'], 'Rejected');
    const refusals = payloads('status').map(({ refused }) => refused);
    assert.deepEqual(refusals, [
      'unhold means nothing in running; it takes hold, finish, abort',
      'the reactor is running',
    ]);
    forget();
    send('receive', '{"Id');
    send('receive', batchOf('b', { DurationSeconds: 'long' }));
    send('explode');
    send('abort', { Id: 7 });
    flow.receive('reactor', record({ temperature: 18, ph: 'seven' }));
    flow.receive('reactor', { topic: 'bioreactor/1', payload: 5 });
    assert.deepEqual(flow.errors(), [
      'batch: must be JSON, got "{\\"Id"',
      'batch.Recipe.DurationSeconds: must be number, got "long"',
      'topic: must be one of receive, start, press, hold, unhold, finish, pickup, abort, clear, selftest, or a measurement\'s with a /, got "explode"',
      'payload.Id: must be text, got 7',
      'payload.ph: must be a finite number or null, got "seven"',
      'payload: must be a record of quantities, got 5',
    ]);
    const status = last('status');
    assert.deepEqual(
      [status['state'], status['sensors']],
      ['running', { temperature: 'good', pressure: 'good', ph: 'bad' }],
    );
    assert.deepEqual(flow.take('audit'), []);
  });

  it('reads quality and time of a record, and leaves out what it lacks', async () => {
    await start();
    send('receive', batchOf('a'));
    const { timestamp } = flow.take('status').at(-1) as Sent & { timestamp: number };
    seconds(2);
    flow.receive('reactor', record(all, { timestamp: timestamp + 1999 }));
    assert.equal(last('status')['state'], 'connecting', 'measured before');
    flow.receive('reactor', record({ temperature: 18 }, { quality: 'uncertain', timestamp: 1e15 }));
    flow.receive('reactor', record({ ph: 7, pressure: null }, { qualities: { ph: 'bad' } }));
    assert.deepEqual(last('status')['sensors'], { temperature: 'good', pressure: 'bad', ph: 'bad' });
    seconds(1);
    flow.receive('reactor', record({ ph: 7, pressure: 700 }));
    assert.equal(last('status')['state'], 'ready-to-start');
  });

  it('takes a time between two ms for what it is', async () => {
    await start({ staleSeconds: 7 });
    brew();
    const { timestamp } = flow.take('status').at(-1) as Sent & { timestamp: number };
    seconds(1);
    flow.receive('reactor', record(all, { timestamp: timestamp + 0.7 }));
    seconds(7);
    assert.equal(last('status')['state'], 'held');
  });

  it('a jump of wall time ends nothing (L7)', async () => {
    await start();
    brew();
    wallClock(api).advance(3_600_000);
    seconds(1);
    assert.equal(last('status')['state'], 'running');
  });

  it('goes on after a restart with the time that was left, and tells everybody again', async () => {
    await start({ staleSeconds: 0 });
    brew();
    seconds(12);
    const before = payloads('audit');
    await restart({ staleSeconds: 0 });
    assert.deepEqual(
      payloads('actuators').map(({ heat }) => heat),
      [false, true],
    );
    assert.deepEqual(
      payloads('publish').map(({ Status, Available }) => Status ?? Available),
      ['In Progress', 'False'],
    );
    assert.equal(last('led')['color'], '#ff0000');
    const status = last('status');
    assert.deepEqual([status['state'], status['remainingSeconds']], ['running', 18]);
    const again = payloads('audit');
    assert.deepEqual(again.slice(0, -1), before);
    assert.equal(again.at(-1)?.['signal'], 'restart');
    seconds(17.999);
    assert.equal(flow.take('status').length > 0, true);
    seconds(0.001);
    assert.deepEqual(
      payloads('publish').map(({ Status }) => Status),
      ['Ready for Pickup'],
    );
  });

  it('after kill -9 it is right to a second', async () => {
    await start({ staleSeconds: 0 });
    brew();
    for (let step = 0; step < 77; step++) {
      flow.clock().advance(100);
      wallClock(api).advance(100);
    }
    const row = stateDatabase(data.folder)
      .prepare("SELECT path, version, state FROM state WHERE path LIKE '%reactor'")
      .get();
    await flow.close();
    stateDatabase(data.folder)
      .prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)')
      .run(row?.['path'] ?? '', row?.['version'] ?? 0, row?.['state'] ?? '');
    await start({ staleSeconds: 0 });
    const left = Number(last('status')['remainingSeconds']);
    assert.ok(left >= 22.3 && left <= 23.3, `${left} s`);
  });

  it('holds a run after a long outage', async () => {
    await start();
    brew();
    await flow.close();
    wallClock(api).advance(61_000);
    await start();
    assert.deepEqual(
      payloads('actuators').map(({ heat }) => heat),
      [false, false],
    );
    assert.deepEqual(
      payloads('publish').map(({ Status, Available }) => Status ?? Available),
      ['In Progress', 'False', 'On Hold'],
    );
    assert.equal(last('status')['reason'], 'the plant was away for 61 s');
  });

  it('begins aborted where its state cannot be read', async () => {
    await start();
    brew();
    await flow.close();
    stateDatabase(data.folder).exec(
      `UPDATE state SET state = '{"state":"running"}' WHERE path LIKE '%reactor'`,
    );
    await start();
    const { state, reason, batch } = last('status');
    assert.deepEqual([state, reason, batch], ['aborted', 'the saved state could not be read', null]);
    assert.deepEqual(
      payloads('actuators').map(({ heat }) => heat),
      [false, false],
    );
    assert.deepEqual(
      payloads('audit').map(({ to }) => to),
      ['aborted'],
    );
    send('clear');
    seconds(10);
    assert.equal(last('status')['state'], 'idle');
  });

  for (const type of ['full', 'flows', 'nodes'] as const)
    it(`a deploy (${type}) of a changed form keeps the batch, whatever the policy`, async () => {
      await start({ afterShort: 'abort' });
      brew();
      seconds(5);
      forget();
      const form = { afterShort: 'abort', runSeconds: 100, measureSeconds: 1 };
      await flow.deploy([clock, reactor(form), ...probes], type);
      const status = last('status');
      assert.deepEqual([status['state'], status['remainingSeconds']], ['running', 25]);
      assert.ok(!payloads('audit').some(({ signal }) => signal === 'restart'));
    });

  it('tells the others again when only they are deployed, without a blink of the actuators', async () => {
    await start();
    brew();
    forget();
    await flow.deploy([clock, reactor(), ...probes, { id: 'new', type: 'probe', wires: [] }], 'nodes');
    assert.deepEqual(
      payloads('actuators').map(({ heat }) => heat),
      [true],
    );
    assert.equal(last('led')['color'], '#ff0000');
  });

  it('is forgotten when it is deleted', async () => {
    await start();
    brew();
    await flow.deploy([clock, ...probes], 'nodes');
    await flow.deploy([clock, reactor(), ...probes], 'nodes');
    assert.equal(last('status')['state'], 'idle');
  });

  for (const state of states)
    it(`leaves no timer when it closes in ${state} (L9)`, async () => {
      const pending = (): number =>
        process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      await start({ connectSeconds: 5 });
      const ways: Readonly<Record<string, () => void>> = {
        received: () => send('receive', batchOf('a')),
        connecting: () => [send('receive', batchOf('a')), seconds(2)],
        'ready-to-start': () => [
          send('receive', batchOf('a')),
          seconds(2),
          flow.receive('reactor', record(all)),
        ],
        running: brew,
        held: () => [brew(), send('hold')],
        'ready-for-pickup': () => [brew(), send('finish')],
        cleaning: () => [brew(), send('finish'), send('press')],
        aborted: () => [brew(), send('abort')],
        fault: () => [send('receive', batchOf('a')), seconds(7)],
      };
      ways[state]?.();
      assert.equal(last('status')['state'], state);
      await flow.deploy([clock, ...probes], 'nodes');
      forget();
      assert.equal(flow.clock().nextDue(), Infinity);
      const before = pending();
      wallClock(api).advance(10_000);
      seconds(1000);
      assert.ok(pending() <= before);
      for (const output of outputs) assert.deepEqual(flow.take(output), []);
    });

  it('names a field it cannot read, and exists all the same', async () => {
    await start({ runSeconds: '0' });
    assert.deepEqual(flow.reported('reactor'), ['runSeconds: must be a number of at least 1, got "0"']);
  });

  it('does not answer before it has told what it has told already', async () => {
    // What is on the wire answers at once: a measurement when the light changes.
    const echo: FlowNode = { id: 'echo', type: 'echo', wires: [['reactor']] };
    const register = (RED: NodeAPI): void =>
      RED.nodes.registerType('echo', function (this, def) {
        RED.nodes.createNode(this, def);
        this.on('input', (_msg, answer) => answer(record(all)));
      });
    const wires = outputs.map((id) => (id === 'led' ? ['echo', id] : [id]));
    flow = await runNodes([processClock, capturing, register], [clock, reactor({ wires }), echo, ...probes], {
      userDir: data.folder,
    });
    send('receive', batchOf('a'));
    forget();
    seconds(2);
    assert.deepEqual(
      payloads('led').map(({ color }) => color),
      ['#ff2500', '#ffff00'],
    );
    assert.deepEqual(
      payloads('audit').map(({ to }) => to),
      ['connecting', 'ready-to-start'],
    );
  });
});
