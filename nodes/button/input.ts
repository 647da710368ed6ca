import { shown } from '../lib/number.ts';
import type { Input } from './gestures.ts';

/** The levels a GPIO node gives, as numbers, booleans or text. */
const levels: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [1, true],
  ['1', true],
  ['true', true],
  [false, false],
  [0, false],
  ['0', false],
  ['false', false],
]);
/** What a page or an inject node says instead of a level. */
const words: ReadonlyMap<unknown, boolean> = new Map([
  ['press', true],
  ['release', false],
]);

/** What a payload says of the button, or an error that shows it. A word is not mirrored by `activeLow`, a level is. */
export const inputOf = (payload: unknown, activeLow: boolean): Input => {
  const pressed = words.get(payload);
  if (pressed !== undefined) return { pressed, word: true };
  const level = levels.get(payload);
  if (level === undefined)
    throw new Error(`payload: must be true, false, 1, 0, "press" or "release", got ${shown(payload)}`);
  return { pressed: level !== activeLow, word: false };
};
