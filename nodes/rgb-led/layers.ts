import { black, type Rgb } from './colour.ts';
import { lasts, lookAt, type Effect, type Look } from './effect.ts';

/** What one layer shows since when, and what it goes back to when that is over. */
export interface Entry {
  readonly effect: Effect;
  readonly since: number;
  readonly next?: Entry | undefined;
}
/** The layers that are set, by name. */
export type Layers = ReadonlyMap<string, Entry>;

/** The entry in force at `now`; undefined where the layer shows nothing any more. */
const current = (entry: Entry | undefined, now: number): Entry | undefined =>
  entry && now >= entry.since + lasts(entry.effect) ? current(entry.next, now) : entry;

/** What is seen: the highest layer that is set. `until` is clock time. `order` goes from the lowest to the highest. */
export const seen = (layers: Layers, order: readonly string[], now: number): Look => {
  const entries = order.map((name) => current(layers.get(name), now));
  const top = entries.findLast((entry) => entry !== undefined);
  if (!top) return { colour: black, until: Infinity };
  const { colour, until } = lookAt(top.effect, now - top.since);
  return { colour, until: top.since + Math.min(until, lasts(top.effect)) };
};

/** What a layer by itself shows; black where it is not set. */
export const seenOn = (layers: Layers, name: string, now: number): Rgb => seen(layers, [name], now).colour;

/** Sets a layer. An effect that ends goes on with `next`, else to what the layer showed before and would go on showing. */
export const set = (layers: Layers, name: string, effect: Effect, now: number, next?: Rgb): Layers => {
  const before = current(layers.get(name), now);
  const lasting = before && lasts(before.effect) === Infinity ? before : before?.next;
  const after: Entry | undefined = next ? { effect: { kind: 'solid', colour: next }, since: now } : lasting;
  const rest: Entry | undefined =
    effect.kind === 'fade' && !next
      ? { effect: { kind: 'solid', colour: effect.colour }, since: now }
      : after;
  return new Map(layers).set(name, { effect, since: now, next: rest });
};

export const cleared = (layers: Layers, name: string): Layers => {
  const left = new Map(layers);
  left.delete(name);
  return left;
};
