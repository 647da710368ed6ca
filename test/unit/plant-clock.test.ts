import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { clockFor, clockOf, wallClock } from '../../nodes/lib/plant-clock.ts';
import { fakeHost, UTC_START } from '../support/fake-host.ts';

const START = Date.UTC(2000, 0, 1, 8);
const settings = { mode: 'scaled', speed: 60, startMs: START } as const;
/** What the clocks need of a runtime. */
const runtime = (pilotPlant: object | undefined, nodes: Record<string, object> = {}): NodeAPI =>
  ({
    settings: { pilotPlant },
    events: {},
    nodes: { getNode: (id: string) => nodes[id] ?? null },
  }) as object as NodeAPI;

describe('plant clock', () => {
  it('is what its settings say, on the machine', () => {
    const clock = clockFor(runtime(undefined), settings);
    assert.deepEqual([clock.mode, clock.state().speed], ['scaled', 60]);
    clock.stop();
  });

  it('is stepped in a stepped run, whatever its settings say', () => {
    const clock = clockFor(runtime({ clock: 'stepped' }), settings);
    clock.advance(1000);
    assert.deepEqual([clock.mode, clock.now()], ['stepped', START + 1000]);
  });

  it('runs on the machine a test gives it', () => {
    const host = fakeHost();
    const clock = clockFor(runtime({ host }), settings);
    host.elapse(1000);
    assert.deepEqual([clock.mode, clock.now()], ['scaled', START + 60_000]);
  });

  it('is found by the id of its node, and named where there is none', () => {
    const clock = clockFor(runtime({ clock: 'stepped' }), settings);
    const RED = runtime({ clock: 'stepped' }, { tank: { clock } });
    assert.equal(clockOf(RED, 'tank'), clock);
    assert.equal(clockOf(RED, ''), wallClock(RED));
    assert.throws(() => clockOf(RED, 'gone'), /clock: there is no running process-clock "gone"/);
  });
});

describe('wall clock', () => {
  it('is one per runtime, real on a machine and stepped in a stepped run', () => {
    const [real, stepped] = [runtime(undefined), runtime({ clock: 'stepped' })];
    assert.equal(wallClock(real), wallClock(real));
    assert.notEqual(wallClock(real), wallClock(stepped));
    assert.deepEqual([wallClock(real).mode, wallClock(stepped).mode], ['real', 'stepped']);
  });

  it('goes by the machine a test moves, also in a stepped run', () => {
    const host = fakeHost();
    const wall = wallClock(runtime({ clock: 'stepped', host }));
    host.elapse(30_000);
    assert.deepEqual([wall.mode, wall.now()], ['real', UTC_START + 30_000]);
  });

  it('is another one after a start with other settings', () => {
    const RED = runtime({ clock: 'stepped' });
    const before = wallClock(RED);
    Reflect.set(RED.settings, 'pilotPlant', { clock: 'stepped', host: fakeHost() });
    assert.notEqual(wallClock(RED), before);
  });
});
