import assert from 'node:assert/strict';
import { isSaved, keep, restore, type Restored } from '../../nodes/bioreactor-lifecycle/kept.ts';
import { isUnderWay, states, type State } from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import type { Resume } from '../../nodes/bioreactor-lifecycle/memory.ts';
import { announce } from '../../nodes/bioreactor-lifecycle/messages.ts';
import { ReactorRun, voice } from '../support/reactor-run.ts';

const WALL = 1_790_000_000_000;
/** What is on disk of a reactor. */
const savedOf = (run: ReactorRun): unknown =>
  JSON.parse(JSON.stringify(keep(run.memory, run.now, WALL, 'before')));
const restoreFrom = (
  run: ReactorRun,
  state: unknown,
  now: number,
  wallNow: number,
  runtime = 'after',
): Restored => {
  assert.ok(isSaved(state));
  return restore({ kind: 'state', state }, run.settings, now, wallNow, runtime);
};
/** A reactor after an outage of some seconds, whatever process time is by then. */
const restarted = (run: ReactorRun, outageSeconds: number, now = 7_000_000): ReactorRun => {
  const { memory, outageMs } = restoreFrom(run, savedOf(run), now, WALL + outageSeconds * 1000);
  const next = new ReactorRun({}, memory);
  Object.assign(next, { now, settings: run.settings });
  return next.put({ kind: 'started', outageMs });
};

describe('bioreactor: after a restart (L4)', () => {
  const after = (state: State, policy: Resume): State => {
    if (policy === 'abort' && isUnderWay(state)) return 'aborted';
    return policy === 'hold' && state === 'running' ? 'held' : state;
  };
  for (const state of states)
    for (const policy of ['resume', 'hold', 'abort'] as const)
      it(`${state}, ${policy}: ${after(state, policy)}`, () => {
        for (const [outage, form] of [
          [60, { afterShort: policy }],
          [61, { afterShort: 'resume', afterLong: policy }],
          [-1, { afterShort: 'resume', afterLong: policy }],
        ] as const) {
          const run = new ReactorRun(form).to(state);
          const next = restarted(run, outage);
          const to = after(state, policy);
          assert.equal(next.state, to);
          const { batch, status, ended } = next.memory;
          assert.deepEqual([batch, ended], [run.memory.batch, run.memory.ended]);
          if (to === state) assert.equal(status, run.memory.status);
          else if (to === 'held') assert.equal(status, 'On Hold');
          else assert.equal(status, state === 'cleaning' ? 'Finished' : 'Failed');
          if (batch) {
            const { seq, signal } = next.memory.entries.at(-1) ?? {};
            assert.equal(seq, run.memory.seq + 1);
            assert.equal(
              signal,
              {
                resume: 'restart',
                hold: to === state ? 'restart' : 'hold',
                abort: to === state ? 'restart' : 'give-up',
              }[policy],
            );
          } else assert.deepEqual(next.memory.entries, run.memory.entries);
        }
      });

  it('has what was left of its time, whatever the clocks say', () => {
    for (const [state, seconds] of [
      ['received', 2],
      ['connecting', 60],
      ['running', 30],
      ['ready-for-pickup', 20],
      ['cleaning', 10],
    ] as const) {
      const run = new ReactorRun({ staleSeconds: 0 }).to(state).wait(seconds / 2);
      const next = restarted(run, 30);
      assert.equal(next.memory.until, next.now + seconds * 500, state);
      assert.deepEqual(
        [next.wait(seconds / 2 - 0.001).state, next.wait(0.001).state !== state],
        [state, true],
      );
    }
  });

  it('asks for the measurements that are left', () => {
    const run = new ReactorRun({ staleSeconds: 0 }).to('running').wait(12);
    const next = restarted(run, 30).wait(18);
    assert.deepEqual([run.memory.asked, next.memory.asked, next.state], [3, 6, 'ready-for-pickup']);
  });

  it('keeps what is left of a run that is held, by a person or by the policy', () => {
    const held = new ReactorRun().to('running').wait(7).command('hold').wait(100);
    const run = new ReactorRun({ afterLong: 'hold' }).to('running').wait(7);
    for (const next of [restarted(held, 3600), restarted(run, 3600)]) {
      assert.equal(next.state, 'held');
      assert.equal(next.command('unhold').memory.until, next.now + 23_000);
    }
    assert.equal(restarted(run, 3600).memory.reason, 'the plant was away for 3600 s');
    assert.equal(restarted(run, -1).memory.reason, 'the plant was away for an unknown time');
  });

  it('gives its sensors time to come back', () => {
    const next = restarted(new ReactorRun({ staleSeconds: 7, runSeconds: 100 }).to('running'), 30);
    assert.deepEqual(next.memory.words, { temperature: 'none', pressure: 'none', ph: 'none' });
    assert.deepEqual([next.wait(6.9).state, next.wait(0.1).state], ['running', 'held']);
  });

  it('has not been away where the runtime has run on', () => {
    const run = new ReactorRun().to('running');
    assert.equal(restoreFrom(run, savedOf(run), 0, WALL + 1e6, 'before').outageMs, undefined);
    const { memory } = run;
    run.put({ kind: 'started', outageMs: undefined });
    assert.equal(run.memory, memory);
  });

  it('begins fresh where there was nothing, with numbers that are ahead of any it had before', () => {
    const { settings } = new ReactorRun();
    const { memory, outageMs } = restore({ kind: 'none' }, settings, 5, WALL, 'r');
    assert.deepEqual([memory.state, memory.seq, outageMs], ['idle', WALL / 1000, undefined]);
  });

  it('begins aborted where there was something that cannot be read, and is cleaned', () => {
    const { settings } = new ReactorRun();
    const { memory } = restore({ kind: 'unreadable' }, settings, 5, WALL, 'r');
    assert.deepEqual([memory.state, memory.reason], ['aborted', 'the saved state could not be read']);
    const run = new ReactorRun({}, memory);
    assert.deepEqual(run.put({ kind: 'started', outageMs: undefined }).payloads('actuators'), [
      { heat: false, agitate: false },
    ]);
    assert.equal(run.command('clear').state, 'cleaning');
    assert.equal(run.wait(10).state, 'idle');
  });

  it('tells again what nobody may have heard', () => {
    const run = new ReactorRun();
    for (let index = 0; index < 30; index++) run.command('selftest');
    run.to('running');
    const told = announce(voice, run.memory, run.now, true);
    const of = (output: string) => told.filter((one) => one.output === output).map(({ msg }) => msg.payload);
    assert.deepEqual(of('actuators'), [{ heat: false, agitate: false }]);
    assert.deepEqual(
      of('audit').map((entry) => Reflect.get(Object(entry), 'id')),
      Array.from({ length: 20 }, (_, index) => `pi01-${index + 15}`),
    );
    assert.deepEqual(
      of('publish').map(
        (payload) => Reflect.get(Object(payload), 'Status') ?? Reflect.get(Object(payload), 'Available'),
      ),
      ['In Progress', 'False'],
    );
    assert.equal(announce(voice, run.memory, run.now, false)[0]?.output, 'audit');
  });

  it('tells how the last batch has ended, before it says that it is free', () => {
    const run = new ReactorRun().to('cleaning').wait(10);
    assert.equal(run.state, 'idle');
    assert.deepEqual(
      announce(voice, run.memory, run.now, true)
        .filter(({ output }) => output === 'publish')
        .map(({ msg }) => Object(msg.payload) as Record<string, unknown>)
        .map(({ Id, Status, Available }) => [Id, Status ?? Available]),
      [
        ['a', 'Finished'],
        ['pi01', 'True'],
      ],
    );
  });
});

describe('bioreactor: what is kept', () => {
  const saved = (): Record<string, unknown> => Object(savedOf(new ReactorRun().to('running')));
  it('can be read', () => {
    for (const state of states) assert.ok(isSaved(savedOf(new ReactorRun().to(state))), state);
  });
  for (const [name, change] of [
    ['another state', { state: 'sleeping' }],
    ['no number', { seq: null }],
    ['a time that is none', { untilMs: 'soon' }],
    ['a batch that is none', { batch: { Id: 'a' } }],
    ['a batch without a status', { status: null }],
    ['a status without a batch', { batch: null }],
    ['another status', { status: 'Lost' }],
    ['no audit trail', { entries: undefined }],
    ['a line that is none', { entries: [{ seq: 1 }] }],
    ['a batch that is over in no way', { ended: [{ Id: 'a', Email: 'ann', Status: 'Lost' }] }],
    ['no word on the vessel', { used: undefined }],
  ] as const)
    it(`cannot be read with ${name}`, () => assert.ok(!isSaved({ ...saved(), ...change })));
  it('is nothing else', () => {
    for (const state of [undefined, null, 7, [], 'idle']) assert.ok(!isSaved(state));
  });
});
