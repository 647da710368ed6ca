import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from '../../nodes/bioreactor-lifecycle/config.ts';
import { stateDiagram, transitionTable } from '../../nodes/bioreactor-lifecycle/diagram.ts';
import {
  accepted,
  advance,
  commands,
  facts,
  isUnderWay,
  states,
  type Command,
  type State,
} from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import { lightFor } from '../../nodes/bioreactor-lifecycle/messages.ts';
import { statusText } from '../../nodes/lib/status.ts';
import { palettePath, readText, root } from '../support/palette.ts';
import { identity, ReactorRun } from '../support/reactor-run.ts';

/** Where each command leads, state by state; '-': it is refused. */
const matrix: Readonly<Record<State, readonly (State | '-')[]>> = {
  // receive, start, press, hold, unhold, finish, pickup, abort, clear, selftest
  idle: ['received', '-', '-', '-', '-', '-', '-', '-', '-', 'idle'],
  received: ['-', '-', '-', '-', '-', '-', '-', 'aborted', '-', '-'],
  connecting: ['-', '-', '-', '-', '-', '-', '-', 'aborted', '-', '-'],
  'ready-to-start': ['-', 'running', 'running', '-', '-', '-', '-', 'aborted', '-', '-'],
  running: ['-', '-', '-', 'held', '-', 'ready-for-pickup', '-', 'aborted', '-', '-'],
  held: ['-', '-', '-', '-', 'running', '-', '-', 'aborted', '-', '-'],
  'ready-for-pickup': ['-', '-', 'cleaning', '-', '-', '-', 'cleaning', 'aborted', '-', '-'],
  cleaning: ['-', '-', '-', '-', '-', '-', '-', 'aborted', '-', '-'],
  aborted: ['-', '-', '-', '-', '-', '-', '-', '-', 'cleaning', '-'],
  fault: ['-', '-', '-', '-', '-', '-', '-', '-', 'idle', 'fault'],
};

describe('bioreactor: every command in every state (L1)', () => {
  for (const state of states)
    for (const [index, command] of commands.entries()) {
      const to = matrix[state][index] ?? '-';
      it(`${command} in ${state}: ${to === '-' ? 'refused' : to}`, () => {
        const run = new ReactorRun().to(state);
        const before = run.memory;
        run.take();
        run.command(command, command === 'receive' ? 'b' : undefined);
        const kinds = run.moments.map(({ happening: { kind } }) => kind);
        if (to !== '-') {
          assert.equal(run.state, to);
          assert.ok(kinds.includes(to === state ? 'tested' : 'moved'));
          return;
        }
        const { seq, entries, ...rest } = run.memory;
        const { seq: seqBefore, entries: entriesBefore, ...restBefore } = before;
        assert.deepEqual(rest, restBefore, 'a refusal changes nothing');
        assert.deepEqual(entries.slice(0, -1), entriesBefore.slice(-19));
        const last = entries.at(-1);
        assert.equal(seq, seqBefore + 1);
        assert.deepEqual([last?.refused, last?.from, last?.to], [true, state, state]);
        assert.ok(last?.reason);
        const outputs = run.take().map(({ output }) => output);
        assert.deepEqual(
          outputs,
          command === 'receive' ? ['status', 'publish', 'audit'] : ['status', 'audit'],
        );
      });
    }

  it('says what a state accepts', () =>
    assert.deepEqual(
      states.map((state) => accepted(state)),
      states.map((state) => commands.filter((_, index) => matrix[state][index] !== '-')),
    ));

  it('clears to cleaning where a run had begun, else to idle', () => {
    for (const [state, to] of [
      ['received', 'idle'],
      ['connecting', 'idle'],
      ['ready-to-start', 'idle'],
      ['running', 'cleaning'],
      ['held', 'cleaning'],
      ['ready-for-pickup', 'cleaning'],
      ['cleaning', 'cleaning'],
    ] as const)
      assert.equal(new ReactorRun().to(state).command('abort').command('clear').state, to, state);
    const run = new ReactorRun({ onSensorLoss: 'fault', staleSeconds: 5 }).to('running').wait(30);
    assert.deepEqual([run.state, run.command('clear').state], ['fault', 'cleaning']);
  });

  it('refuses a command for another batch, and a replay', () => {
    const run = new ReactorRun().to('running');
    run.command('abort', 'b').command('abort', 'a', 'ann', true);
    assert.equal(run.state, 'running');
    assert.deepEqual(
      run.memory.entries.slice(-2).map(({ reason }) => reason),
      ['abort is for batch b, but a is here', 'a retained message is a replay, not a command'],
    );
    assert.equal(run.command('abort', 'a').state, 'aborted');
    const idle = new ReactorRun().command('selftest', 'x');
    assert.equal(idle.memory.entries.at(-1)?.reason, 'selftest is for batch x, but there is none here');
  });

  it('shows why a command was refused', () => {
    const run = new ReactorRun().to('running');
    run.take();
    const [status] = run.command('unhold').payloads('status');
    assert.equal(
      Reflect.get(Object(status), 'refused'),
      'unhold means nothing in running; it takes hold, finish, abort',
    );
  });
});

describe('bioreactor: a batch from receipt to pickup (L2)', () => {
  /** [second, output, what of it] */
  type Row = readonly [number, string, unknown];
  const rowsOf = (run: ReactorRun): Row[] =>
    run.take().flatMap(({ second, output, msg }): Row[] => {
      const payload = Object(msg.payload) as Record<string, unknown>;
      if (output === 'led')
        return [[second, 'led', [payload['color'], payload['effect'], payload['count'] ?? 0]]];
      if (output === 'publish')
        return [[second, String(msg.topic), payload['Status'] ?? payload['Available']]];
      if (output === 'actuators') return [[second, 'actuators', payload['heat']]];
      if (output === 'request') return [[second, 'request', payload['count']]];
      return [];
    });

  it('in order, with its times, colours and messages', () => {
    const run = new ReactorRun().receive('a', { DurationSeconds: 12 }).wait(3);
    run.measure().wait(1).command('press').wait(12, true).wait(20).wait(10);
    const state = (
      second: number,
      heat: boolean,
      led: readonly [string, string, number],
      ...published: readonly Row[]
    ): Row[] => [[second, 'actuators', heat], [second, 'led', led], ...published];
    assert.deepEqual(rowsOf(run), [
      ...state(
        0,
        false,
        ['#00ff00', 'blink', 2],
        [0, 'updateBatchStatus', 'Ready to Start'],
        [0, 'updateBioreactorAvailable', 'False'],
      ),
      ...state(2, false, ['#ff2500', 'solid', 0], [2, 'updateBatchStatus', 'Ready to Start']),
      ...state(3, false, ['#ffff00', 'solid', 0], [3, 'updateBatchStatus', 'Ready to Start']),
      ...state(4, true, ['#ff0000', 'solid', 0], [4, 'updateBatchStatus', 'In Progress']),
      // What heats is asked for again with each measurement.
      ...[4, 9, 14].flatMap((second, index): Row[] => [
        [second, 'actuators', true],
        [second, 'request', index + 1],
      ]),
      ...state(16, false, ['#00ff00', 'solid', 0], [16, 'updateBatchStatus', 'Ready for Pickup']),
      ...state(36, false, ['#00ffff', 'solid', 0], [36, 'updateBatchStatus', 'Finished']),
      ...state(46, false, ['#0000ff', 'solid', 0], [46, 'updateBioreactorAvailable', 'True']),
    ]);
  });

  it('asks for heat with a range only, and for three measurements at most', () => {
    const run = new ReactorRun().to('ready-to-start');
    run.take();
    const actuators = (of: ReactorRun) =>
      of
        .take()
        .flatMap(({ output, msg }) =>
          output === 'actuators' ? [[msg.payload, msg['validFor'] ?? null]] : [],
        );
    assert.deepEqual(actuators(run.command('start')), [
      [{ heat: true, agitate: true }, 30_000],
      [{ heat: true, agitate: true }, 30_000],
    ]);
    assert.deepEqual(actuators(run.command('hold')), [[{ heat: false, agitate: false }, null]]);
    const bare = new ReactorRun().receive('a', { Restrictions: [] }).wait(2).measure();
    bare.take();
    assert.deepEqual(actuators(bare.command('start'))[0], [{ heat: false, agitate: true }, 30_000]);
    assert.equal(parse({ ...identity, measureSeconds: 60 }).validForMs, 180_000);
  });

  it('obeys nothing that comes too late, but what stops it', () => {
    const run = new ReactorRun().to('ready-to-start');
    run.command('start', 'a', 'ann', false, true);
    assert.equal(run.state, 'ready-to-start');
    assert.equal(run.memory.entries.at(-1)?.reason, 'start came too late: it was asked for some time ago');
    run.command('start').command('hold', 'a', 'ann', false, true);
    assert.equal(run.state, 'held');
    run.command('unhold', 'a', 'ann', false, true);
    assert.equal(run.state, 'held');
    run.command('abort', 'a', 'ann', false, true);
    assert.equal(run.state, 'aborted');
  });

  it('blinks twice, half a second on and off, and is yellow then', () =>
    assert.deepEqual(facts.received.led, {
      color: '#00ff00',
      effect: 'blink',
      onSeconds: 0.5,
      offSeconds: 0.5,
      count: 2,
      next: '#ffff00',
    }));

  it('tells everything of a run on its outputs', () => {
    const run = new ReactorRun().to('ready-to-start');
    run.take();
    run.command('start');
    const sent = run.take();
    const of = (output: string) => sent.find((outgoing) => outgoing.output === output)?.msg ?? {};
    const restrictions = [
      { Sensor: 'Temperature', min: 16, max: 22 },
      { Sensor: 'PH', min: 5, max: 9 },
      { Sensor: 'Pressure', min: 500, max: 940 },
    ];
    assert.deepEqual(of('status'), {
      topic: 'bioreactor/1/state',
      timestamp: 2000,
      payload: {
        state: 'running',
        status: 'In Progress',
        batch: run.memory.batch,
        since: 2000,
        until: 32_000,
        remainingSeconds: 30,
        reason: '',
        seq: 4,
        next: 'It runs until its time is over.',
        accepts: ['hold', 'finish', 'abort'],
        measured: 0,
        sensors: { temperature: 'good', pressure: 'good', ph: 'good' },
      },
    });
    assert.deepEqual(of('publish'), {
      topic: 'updateBatchStatus',
      payload: {
        ...run.memory.batch,
        Bioreactor: { Id: 'pi01', Facility: 'TJ|22105', FacilityName: 'Byby Macroplaza', Available: 'False' },
        Status: 'In Progress',
        State: 'running',
        Seq: 4,
        Accepted: true,
      },
    });
    assert.deepEqual(of('request'), {
      topic: 'bioreactor/1/request',
      payload: { count: 1 },
      batch: { Id: 'a', Email: 'ann', Brew: 'ann|a', Restrictions: restrictions },
      timestamp: 2000,
    });
    assert.deepEqual(of('actuators'), {
      topic: 'bioreactor/1/actuators',
      payload: { heat: true, agitate: true },
      range: { min: 16, max: 22 },
      validFor: 30_000,
      timestamp: 2000,
    });
    assert.deepEqual(of('audit'), {
      topic: 'bioreactor/1/audit',
      payload: {
        id: 'pi01-4',
        seq: 4,
        at: 2000,
        unit: 'bioreactor/1',
        reactor: 'pi01',
        batch: 'a',
        from: 'ready-to-start',
        to: 'running',
        signal: 'start',
        user: 'ann',
        reason: '',
        refused: false,
      },
      timestamp: 2000,
    });
  });

  it('runs as long as the form says where the recipe does not', () => {
    const run = new ReactorRun({ runSeconds: 100, staleSeconds: 0 }).to('running');
    assert.deepEqual([run.wait(99.999).state, run.wait(0.001).state], ['running', 'ready-for-pickup']);
  });

  it('waits for a pickup, and for a start, as long as the form says', () => {
    const patient = new ReactorRun({ pickupSeconds: 0 }).to('ready-for-pickup').wait(1e6);
    assert.deepEqual([patient.state, patient.deadline], ['ready-for-pickup', Infinity]);
    assert.equal(patient.command('press').state, 'cleaning');
    const run = new ReactorRun({ startSeconds: 600 }).to('ready-to-start').wait(600);
    assert.deepEqual(
      [run.state, run.memory.status, run.memory.reason],
      ['aborted', 'Failed', 'nobody has started it within 600 s'],
    );
  });

  it('tests itself: white light, a measurement, a line in the audit trail', () => {
    const run = new ReactorRun().command('selftest');
    assert.deepEqual(
      run.take().map(({ output }) => output),
      ['led', 'request', 'status', 'audit'],
    );
    assert.equal(run.deadline, Infinity);
  });

  for (const [state, signal, status] of [
    ['running', 'abort', 'Cancelled'],
    ['connecting', 'abort', 'Cancelled'],
    ['cleaning', 'abort', 'Finished'],
  ] as const)
    it(`${signal} in ${state} makes a batch ${status}, which stays`, () => {
      const run = new ReactorRun().to(state).command(signal);
      assert.equal(run.memory.status, status);
      assert.equal(run.memory.reason, 'aborted by ann');
      run.take();
      run.command('clear');
      const published = run.payloads('publish').map((payload) => {
        const { Status, Reason, Available } = Object(payload);
        return Available ?? [Status, Reason];
      });
      assert.deepEqual(published, state === 'connecting' ? ['True'] : [[status, 'aborted by ann']]);
    });
});

describe('bioreactor: the same batch, and another one (L3)', () => {
  for (const state of states.filter(isUnderWay))
    it(`in ${state} the same batch comes to nothing but its status`, () => {
      const run = new ReactorRun().to(state);
      const { memory } = run;
      run.take();
      run.receive('a', { DurationSeconds: 1 });
      assert.equal(run.memory, memory);
      assert.deepEqual(
        run.take().map(({ output, msg }) => [output, Reflect.get(Object(msg.payload), 'Status')]),
        [
          ['status', undefined],
          ['publish', memory.status],
        ],
      );
    });

  it('one that is over is known for twenty batches', () => {
    const run = new ReactorRun();
    for (let index = 0; index <= 20; index++)
      run
        .receive(`b${index}`)
        .wait(2)
        .measure()
        .command('start')
        .command('finish')
        .command('pickup')
        .wait(10);
    assert.equal(run.state, 'idle');
    run.take();
    run.receive('b1');
    assert.equal(run.state, 'idle');
    assert.deepEqual(run.payloads('publish'), [
      {
        Id: 'b1',
        Email: 'ann',
        Bioreactor: { Id: 'pi01', Facility: 'TJ|22105', FacilityName: 'Byby Macroplaza', Available: 'True' },
        Status: 'Finished',
        Accepted: true,
      },
    ]);
    assert.equal(run.receive('b0').state, 'received');
  });

  for (const [name, state, id, rest, Reason] of [
    ['another batch while one is here', 'running', 'b', {}, 'the reactor is running'],
    ['a batch for another reactor', 'idle', 'b', { Bioreactor: { Id: 'pi02' } }, 'it is meant for pi02'],
  ] as const)
    it(`turns away ${name}`, () => {
      const run = new ReactorRun().to(state);
      run.take();
      run.receive(id, {}, rest);
      assert.equal(run.state, state);
      const sent = run.take();
      assert.deepEqual(sent.find(({ output }) => output === 'publish')?.msg, {
        topic: 'updateBatchStatus',
        payload: {
          Id: 'b',
          Email: 'ann',
          Status: 'Rejected',
          Reason,
          Bioreactor: {
            Id: 'pi01',
            Facility: 'TJ|22105',
            FacilityName: 'Byby Macroplaza',
            Available: state === 'idle' ? 'True' : 'False',
          },
        },
      });
      const { batch, refused, reason } = run.memory.entries.at(-1) ?? {};
      assert.deepEqual({ batch, refused, reason }, { batch: 'b', refused: true, reason: Reason });
    });

  it('a batch without a reactor is for whoever gets it', () =>
    assert.equal(new ReactorRun().receive('a', {}, { Bioreactor: undefined }).state, 'received'));
});

describe('bioreactor: sensors', () => {
  it('connects with good measurements made since, and with all of them', () => {
    const run = new ReactorRun().receive('a').measure().wait(2);
    assert.equal(run.state, 'connecting');
    run.measure(true, ['temperature', 'ph']);
    run.measure(true, ['pressure'], run.now - 1).measure(false, ['pressure']);
    assert.equal(run.state, 'connecting');
    assert.deepEqual(run.memory.words, { temperature: 'good', pressure: 'bad', ph: 'good' });
    assert.equal(run.wait(59).measure(true, ['pressure']).state, 'ready-to-start');
  });

  it('is a fault where they do not answer in time', () => {
    const run = new ReactorRun().to('connecting').measure(true, ['temperature']).wait(60);
    assert.deepEqual(
      [run.state, run.memory.status, run.memory.reason],
      ['fault', 'Failed', 'no good measurement of pressure, ph within 60 s'],
    );
  });

  it('needs none where the form names none', () =>
    assert.equal(new ReactorRun({ quantities: '' }).to('connecting').wait(0).state, 'ready-to-start'));

  for (const [policy, state] of [
    ['hold', 'held'],
    ['fault', 'fault'],
    ['continue', 'running'],
  ] as const)
    it(`silent or bad for too long in a run: ${policy}`, () => {
      const run = new ReactorRun({ onSensorLoss: policy, staleSeconds: 7, runSeconds: 60 }).to('running');
      run.wait(5, true);
      for (let second = 0; second < 6; second++)
        run.wait(1).measure(true, ['temperature', 'ph']).measure(false, ['pressure']);
      assert.equal(run.state, 'running');
      run.measure(true, ['temperature', 'ph']).wait(1);
      assert.equal(run.state, state);
      if (policy !== 'continue') assert.equal(run.memory.reason, 'no good measurement of pressure for 7 s');
    });

  const temperature = { Sensor: 'Temperature', min: 16, max: 22 };
  it('starts and runs without what its recipe does not watch, and tells of it all the same', () => {
    const run = new ReactorRun({ onSensorLoss: 'fault', staleSeconds: 7, runSeconds: 60 });
    run
      .receive('a', { Restrictions: [temperature] })
      .wait(2)
      .measure(true, ['temperature']);
    assert.equal(run.state, 'ready-to-start');
    run.command('start').measure(false, ['ph']);
    for (let second = 0; second < 10; second++) run.wait(1).measure(true, ['temperature']);
    assert.equal(run.state, 'running');
    assert.deepEqual(run.memory.words, { temperature: 'good', pressure: 'none', ph: 'stale' });
    assert.equal(lightFor(run.memory, run.now).kind, 'nominal');
    run.wait(7);
    assert.deepEqual([run.state, run.memory.reason], ['fault', 'no good measurement of temperature for 7 s']);
  });

  it('waits for what its recipe watches, and for further sensors', () => {
    const run = new ReactorRun({ quantities: 'temperature, pressure, oxygen' });
    run
      .receive('a', { Restrictions: [temperature] })
      .wait(2)
      .measure(true, ['temperature'])
      .wait(60);
    assert.deepEqual([run.state, run.memory.reason], ['fault', 'no good measurement of oxygen within 60 s']);
  });

  it('does not heat without a range of the temperature', () => {
    const run = new ReactorRun().receive('a', { Restrictions: [] }).wait(2).measure();
    run.take();
    const [payload] = run.command('start').payloads('actuators');
    assert.deepEqual([run.state, payload], ['running', { heat: false, agitate: true }]);
  });

  it('goes on without a sensor, and says which', () => {
    const run = new ReactorRun({ onSensorLoss: 'continue', staleSeconds: 7, runSeconds: 60 }).to('running');
    run.wait(7);
    assert.deepEqual(run.memory.words, { temperature: 'stale', pressure: 'stale', ph: 'stale' });
    assert.equal(lightFor(run.memory, run.now).kind, 'limited');
    assert.equal(run.measure().memory.words['ph'], 'good');
    assert.equal(run.wait(53).state, 'ready-for-pickup');
  });

  it('gives a held run that goes on the whole time once more', () => {
    const run = new ReactorRun({ staleSeconds: 7, runSeconds: 60 }).to('running').wait(7);
    assert.equal(run.state, 'held');
    run.wait(1000).command('unhold');
    assert.deepEqual([run.wait(6.9).state, run.wait(0.1).state], ['running', 'held']);
  });

  it('takes no measurement for news that is older than the last', () => {
    const run = new ReactorRun().to('running').wait(2, true);
    const { sensors } = run.memory;
    run.measure(false, ['ph'], run.now - 500);
    assert.deepEqual(run.memory.sensors, sensors);
  });
});

describe('bioreactor: a run', () => {
  it('asks for a measurement at 0, 5, ... 25 of 30 s: 6 times (L10)', () => {
    const run = new ReactorRun({ staleSeconds: 0 }).to('running').wait(30);
    const requests = run.take().filter(({ output }) => output === 'request');
    assert.deepEqual(
      requests.map(({ second }) => second - 2),
      [0, 5, 10, 15, 20, 25],
    );
    assert.deepEqual([run.state, run.memory.asked], ['ready-for-pickup', 6]);
  });

  it('keeps what is left of it, and when it measures, while it is held', () => {
    const run = new ReactorRun({ staleSeconds: 0 }).to('running').wait(7).command('hold').wait(1000);
    const [held] = run.payloads('status').slice(-1);
    const { until, remainingSeconds } = Object(held);
    assert.deepEqual([until, remainingSeconds], [null, 23]);
    run.command('unhold');
    const begun = run.now;
    run.wait(22.999);
    assert.equal(run.state, 'running');
    run.wait(0.001);
    assert.equal(run.state, 'ready-for-pickup');
    assert.deepEqual(
      run
        .take()
        .filter(({ output }) => output === 'request')
        .map(({ second }) => second - begun / 1000),
      [3, 8, 13, 18],
    );
    assert.equal(run.memory.asked, 6);
  });

  for (const state of states.filter(isUnderWay))
    it(`aborted in ${state} has its outputs off at once (L6)`, () => {
      const run = new ReactorRun().to(state);
      run.take();
      run.command('abort');
      const [first] = run.take();
      assert.deepEqual(
        [first?.output, first?.msg.payload, first?.second],
        ['actuators', { heat: false, agitate: false }, run.now / 1000],
      );
    });
});

describe('bioreactor: whatever comes (L8)', () => {
  const input = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Command>(...commands) },
    { weight: 3, arbitrary: fc.constantFrom('good', 'bad', 'part') },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }) },
  );
  it('keeps its invariants in 1000 random sequences', () => {
    fc.assert(
      fc.property(
        fc.array(input, { maxLength: 60, size: 'max' }),
        fc.constantFrom('hold', 'fault', 'continue'),
        (inputs, onSensorLoss) => {
          const run = new ReactorRun({ onSensorLoss, startSeconds: 90 });
          let ids = 0;
          let seq = 0;
          for (const one of inputs) {
            if (typeof one === 'number') run.wait(one);
            else if (one === 'good' || one === 'bad') run.measure(one === 'good');
            else if (one === 'part') run.measure(true, ['temperature']);
            else run.command(one, one === 'receive' ? `b${ids++}` : undefined);
            const { state, batch, asked, until, entries } = run.memory;
            assert.ok(states.includes(state));
            if (state === 'idle') assert.equal(run.deadline, Infinity);
            assert.equal(batch === undefined, state === 'idle');
            assert.ok(until > run.now, 'nothing is overdue');
            assert.ok(asked <= 6);
            assert.ok(entries.length <= 20);
            for (const { happening } of run.moments) {
              if (!('entry' in happening) || !happening.entry) continue;
              assert.equal(happening.entry.seq, ++seq);
              const { from, to, signal, refused } = happening.entry;
              if (signal === 'restart' || refused) assert.equal(from, to);
              else assert.ok([true, false].some((used) => advance(from, signal, used) === to));
            }
            let told: unknown;
            for (const { output, msg } of run.take().toReversed()) {
              if (output === 'status') told = Reflect.get(Object(msg.payload), 'state');
              if (output !== 'actuators') continue;
              assert.equal(Reflect.get(Object(msg.payload), 'heat'), told === 'running');
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('bioreactor status', () => {
  for (const [state, kind, text] of [
    ['idle', 'idle', 'idle'],
    ['received', 'waiting', 'received 2 s'],
    ['connecting', 'waiting', 'connecting 60 s'],
    ['ready-to-start', 'waiting', 'press start'],
    ['running', 'nominal', 'running 30 s'],
    ['held', 'limited', 'held 30 s'],
    ['ready-for-pickup', 'nominal', 'pickup 20 s'],
    ['cleaning', 'waiting', 'cleaning 10 s'],
    ['aborted', 'fault', 'aborted'],
    ['fault', 'fault', 'fault'],
  ] as const)
    it(state, () => {
      const run = new ReactorRun().to(state);
      const light = lightFor(run.memory, run.now);
      assert.deepEqual([light.kind, statusText(light)], [kind, text]);
    });

  for (const [seconds, text] of [
    [119, 'running 119 s'],
    [120, 'running 2 min'],
    [7201, 'running 3 h'],
    [30 * 86_400, 'running 30 d'],
  ] as const)
    it(`${seconds} s are shown as ${text}`, () => {
      const run = new ReactorRun({ runSeconds: seconds }).to('running');
      assert.equal(statusText(lightFor(run.memory, run.now)), text);
    });
});

describe('bioreactor: the documents', () => {
  const diagram = `\`\`\`mermaid\n${stateDiagram()}\n\`\`\``;
  const docs = readText(join(root, 'docs', 'bioreactor.md'));
  it('show the diagram of the table', () => {
    const help = readText(palettePath('bioreactor-lifecycle', 'locales', 'en-US', 'help.md'));
    assert.ok(docs.includes(diagram), `docs/bioreactor.md wants\n${diagram}`);
    assert.ok(help.includes(diagram), `help.md wants\n${diagram}`);
  });
  it('show the table', () =>
    assert.ok(docs.includes(transitionTable()), `docs/bioreactor.md wants\n${transitionTable()}`));
});
