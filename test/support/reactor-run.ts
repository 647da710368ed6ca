import { readBatch, type Batch } from '../../nodes/bioreactor-lifecycle/batch.ts';
import { parse } from '../../nodes/bioreactor-lifecycle/config.ts';
import { deadlineOf } from '../../nodes/bioreactor-lifecycle/due.ts';
import type { Command, State } from '../../nodes/bioreactor-lifecycle/lifecycle.ts';
import { step, type Input } from '../../nodes/bioreactor-lifecycle/machine.ts';
import { begin, type Memory, type Settings } from '../../nodes/bioreactor-lifecycle/memory.ts';
import { tell, type Outgoing } from '../../nodes/bioreactor-lifecycle/messages.ts';
import type { Happening } from '../../nodes/bioreactor-lifecycle/moves.ts';

export const identity = {
  unit: 'bioreactor/1',
  reactorId: 'pi01',
  facility: 'TJ|22105',
  facilityName: 'Byby Macroplaza',
};
/** With a measurement every five seconds. */
export const voice = { ...identity, validForMs: 30_000 };
export const quantities = ['temperature', 'pressure', 'ph'];

/** A batch as it comes from the cloud. */
export const batchOf = (Id: string, recipe: object = {}, rest: object = {}) => ({
  Id,
  Email: 'ann',
  Timestamp: 1_790_000_000,
  Status: 'Ready to Start',
  Recipe: {
    Name: 'La cheve de Luz',
    Ingredients: { Water: 10, Hops: [{ name: 'Hop1', amount: 400 }], Yeast: [], Syrup: [] },
    Restrictions: [
      { Sensor: 'Temperature', min: 16, max: 22 },
      { Sensor: 'PH', min: 5, max: 9 },
      { Sensor: 'Pressure', min: 500, max: 940 },
    ],
    ...recipe,
  },
  Bioreactor: { Id: 'pi01' },
  ...rest,
});
export const batch = (Id: string, recipe?: object, rest?: object): Batch =>
  readBatch(batchOf(Id, recipe, rest));

/** What happened, and when. */
export interface Moment {
  readonly at: number;
  readonly happening: Happening;
}

/** A reactor stepped as the adapter does it: deadlines in order, then the input. */
export class ReactorRun {
  now = 0;
  readonly settings: Settings;
  readonly moments: Moment[] = [];
  memory: Memory;

  constructor(form: object = {}, memory?: Memory) {
    this.settings = parse({ ...identity, ...form }).core;
    this.memory = memory ?? begin(this.settings.quantities, 0, 0);
  }

  get state(): State {
    return this.memory.state;
  }
  get deadline(): number {
    return deadlineOf(this.settings, this.memory, this.now);
  }

  put(input: Input): this {
    const { memory, happenings } = step(this.settings, this.memory, input, this.now);
    this.memory = memory;
    for (const happening of happenings) this.moments.push({ at: this.now, happening });
    return this;
  }
  command(word: Command, id?: string, user = 'ann', retained = false, late = false): this {
    return word === 'receive'
      ? this.receive(id ?? 'a')
      : this.put({ kind: 'command', word, id, user, retained, late });
  }
  receive(id: string, recipe?: object, rest?: object): this {
    return this.put({ kind: 'receive', batch: batch(id, recipe, rest), user: '', retained: false });
  }
  measure(good = true, names: readonly string[] = quantities, at = this.now): this {
    return this.put({ kind: 'measured', news: names.map((quantity) => ({ quantity, good, at })) });
  }
  /** Lets time pass; with `measured`, the sensors send a good measurement every second. */
  wait(seconds: number, measured = false): this {
    const end = this.now + seconds * 1000;
    let sample = measured ? this.now + 1000 : Infinity;
    for (let next = Math.min(this.deadline, sample); next <= end; next = Math.min(this.deadline, sample)) {
      this.now = next;
      if (next === sample) {
        sample += 1000;
        this.measure();
      } else this.put({ kind: 'tick' });
    }
    this.now = end;
    return this;
  }
  /** Brings a fresh reactor into a state by the shortest way. */
  to(state: State): this {
    const ways: Readonly<Record<State, () => unknown>> = {
      idle: () => {},
      received: () => this.receive('a'),
      connecting: () => this.to('received').wait(2),
      'ready-to-start': () => this.to('connecting').measure(),
      running: () => this.to('ready-to-start').command('start'),
      held: () => this.to('running').command('hold'),
      'ready-for-pickup': () => this.to('running').command('finish'),
      cleaning: () => this.to('ready-for-pickup').command('pickup'),
      aborted: () => this.to('running').command('abort'),
      fault: () => this.to('connecting').wait(60),
    };
    ways[state]();
    return this;
  }

  /** What everybody was told since the last time, with the second of each. */
  take(): (Outgoing & { readonly second: number })[] {
    return this.moments
      .splice(0)
      .flatMap(({ at, happening }) =>
        tell(voice, happening, at).map((outgoing) => ({ ...outgoing, second: at / 1000 })),
      );
  }
  /** The payloads of one output. */
  payloads(output: Outgoing['output']): unknown[] {
    return this.take().flatMap((outgoing) => (outgoing.output === output ? [outgoing.msg.payload] : []));
  }
}
