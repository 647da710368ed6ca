import assert from 'node:assert/strict';
import { createClock, type Host } from '../../nodes/lib/clock.ts';
import { wakeOn } from '../../nodes/lib/wake.ts';

const host: Host = { monotonic: () => 0, utc: () => 0, timer: () => () => {} };
const stepped = () => createClock({ mode: 'stepped', speed: 1, startMs: 1000 }, host);

describe('wake', () => {
  it('fires once, at its deadline', () => {
    const clock = stepped();
    const fired: number[] = [];
    const wake = wakeOn(clock, () => fired.push(clock.now()));
    wake.at(1500);
    clock.advance(2000);
    assert.deepEqual(fired, [1500]);
  });

  it('follows a deadline that moves on', () => {
    const clock = stepped();
    const fired: number[] = [];
    const wake = wakeOn(clock, () => fired.push(clock.now()));
    for (const time of [1500, 1800, 2500]) wake.at(time);
    clock.advance(5000);
    assert.deepEqual(fired, [2500]);
  });

  it('follows a deadline that moves nearer', () => {
    const clock = stepped();
    const fired: number[] = [];
    const wake = wakeOn(clock, () => fired.push(clock.now()));
    wake.at(2500);
    wake.at(1200);
    clock.advance(5000);
    assert.deepEqual(fired, [1200]);
  });

  it('fires at once where the deadline has passed, and not at all without one', () => {
    const clock = stepped();
    const fired: number[] = [];
    const wake = wakeOn(clock, () => fired.push(clock.now()));
    wake.at(2000);
    wake.at(undefined);
    clock.advance(3000);
    assert.deepEqual(fired, []);
    wake.at(10);
    clock.advance(0);
    assert.deepEqual(fired, [4000]);
  });

  it('is silent once stopped', () => {
    const clock = stepped();
    const wake = wakeOn(clock, () => assert.fail('stopped'));
    wake.at(1100);
    wake.stop();
    clock.advance(1000);
  });

  it('can be set again while it fires', () => {
    const clock = stepped();
    const fired: number[] = [];
    const wake = wakeOn(clock, () => {
      fired.push(clock.now());
      if (fired.length < 3) wake.at(clock.now() + 10);
    });
    wake.at(1010);
    clock.advance(1000);
    assert.deepEqual(fired, [1010, 1020, 1030]);
  });
});
