import { createGroup, type Group } from '../../nodes/safe-output/exclusion.ts';
import { step } from '../../nodes/safe-output/guard.ts';
import {
  begin,
  fresh,
  type Input,
  type Kept,
  type Memory,
  type Settings,
} from '../../nodes/safe-output/memory.ts';

export const open: Settings = {
  leaseMs: 30_000,
  wallLeaseMs: Infinity,
  maxOnMs: Infinity,
  maxOnTrips: false,
  minOffMs: 0,
  maxPerHour: Infinity,
  holdOffMs: 0,
  goodSamples: 0,
  sampleStaleMs: Infinity,
  tripAbove: Infinity,
  tripBelow: -Infinity,
  gapMs: 0,
  cycleMs: 0,
  heartbeatMs: 10_000,
};

/** What happened at a guard, in order. */
export interface Moment {
  readonly at: number;
  readonly wall: number;
  readonly memory: Memory;
  readonly sent: boolean;
  readonly reported: boolean;
}

/** Guards on one pair of clocks, stepped as the adapter does it: deadlines in order, then the input. */
export class GuardRun {
  now = 0;
  wall = 0;
  readonly group: Group = createGroup();
  readonly guards: {
    readonly id: string;
    readonly settings: Settings;
    memory: Memory;
    deadline: number;
    wallDeadline: number;
    readonly moments: Moment[];
  }[] = [];

  add(settings: Settings, kept: Kept = fresh): number {
    const index = this.guards.length;
    const id = String(index);
    const memory = begin(kept, { process: this.now, wall: this.wall });
    this.guards.push({ id, settings, memory, deadline: Infinity, wallDeadline: Infinity, moments: [] });
    this.group.join({ id, released: () => this.step(index, { kind: 'released' }) });
    return index;
  }

  step(index: number, input: Input): Memory {
    const guard = this.guards[index];
    if (!guard) throw new Error(`no guard ${index}`);
    const { id, settings } = guard;
    const now = { process: this.now, wall: this.wall };
    const result = step(settings, guard.memory, input, now, this.group.isTakenFrom(id));
    guard.memory = result.memory;
    guard.deadline = result.deadline;
    guard.wallDeadline = result.wallDeadline;
    guard.moments.push({
      at: this.now,
      wall: this.wall,
      memory: result.memory,
      sent: result.send,
      reported: result.report,
    });
    if (result.memory.on) this.group.take(id);
    else this.group.release(id);
    return guard.memory;
  }

  /** Lets process time pass (wall time with it, at 1x), firing deadlines in order. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = this.guards.reduce((a, b) => (b.deadline < a.deadline ? b : a));
      if (!(due.deadline <= until)) break;
      this.wall += due.deadline - this.now;
      this.now = due.deadline;
      this.wallTicks();
      if (due.deadline <= this.now) this.step(Number(due.id), { kind: 'tick' });
    }
    this.wall += until - this.now;
    this.now = until;
    this.wallTicks();
  }

  /** Lets wall time pass while the plant's clock is paused. */
  pause(ms: number): void {
    const until = this.wall + ms;
    for (;;) {
      const due = this.guards.reduce((a, b) => (b.wallDeadline < a.wallDeadline ? b : a));
      if (!(due.wallDeadline <= until)) break;
      this.wall = due.wallDeadline;
      this.step(Number(due.id), { kind: 'tick' });
    }
    this.wall = until;
  }

  private wallTicks(): void {
    for (const guard of this.guards)
      if (guard.wallDeadline <= this.wall) this.step(Number(guard.id), { kind: 'tick' });
  }
}
