import { parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';
import { colourOf, scaled, type Rgb } from './colour.ts';
import type { Effect } from './effect.ts';

/** What a message asks one layer to show; null: nothing. */
export type Asked = { readonly effect: Effect; readonly next: Rgb | undefined } | null;

const kinds = ['solid', 'blink', 'pulse', 'fade', 'sequence'] as const;
type Fields = Readonly<Record<string, unknown>>;

const number = (fields: Fields, name: string, fallback: number, max: number): number => {
  const raw = fields[name];
  if (raw === undefined || raw === null || raw === '') return fallback;
  const value = parseNumber(raw);
  if (value !== undefined && value > 0 && value <= max) return value;
  throw new Error(`payload.${name}: must be a number above 0 and at most ${max}, got ${shown(raw)}`);
};
const DAY_S = 86_400;
const ms = (fields: Fields, name: string, fallback: number): number =>
  1000 * number(fields, name, fallback, DAY_S);
const countOf = (fields: Fields): number => {
  const count = number(fields, 'count', Infinity, 1_000_000);
  if (count === Infinity || Number.isInteger(count)) return count;
  throw new Error(`payload.count: must be a whole number, got ${shown(fields['count'])}`);
};

/** Whether an object is an effect and not a colour by itself. */
const isEffect = (payload: unknown): payload is Fields =>
  isRecord(payload) && ('color' in payload || 'colors' in payload || 'effect' in payload);

const coloursOf = (raw: unknown): readonly Rgb[] => {
  if (Array.isArray(raw) && raw.length > 0)
    return raw.map((one: unknown, index) => colourOf(one, `payload.colors[${index}]`));
  throw new Error(`payload.colors: must be a list of colours, got ${shown(raw)}`);
};

/**
 * Reads a payload; throws an error that names the property and the value. `from` is what a fade begins with, a blink is
 * `blinkSeconds` on and off where nothing is said.
 */
export const askedOf = (payload: unknown, from: Rgb, blinkSeconds: number): Asked => {
  if (payload === null) return null;
  if (!isEffect(payload))
    return { effect: { kind: 'solid', colour: colourOf(payload, 'payload') }, next: undefined };
  const { effect: word = 'solid', color, colors, next } = payload;
  const kind = kinds.find((known) => known === word);
  if (!kind) throw new Error(`payload.effect: must be one of ${kinds.join(', ')}, got ${shown(word)}`);
  const share = number(payload, 'brightness', 100, 100) / 100;
  const colour = (): Rgb => scaled(colourOf(color, 'payload.color'), share);
  const after = next === undefined ? undefined : colourOf(next, 'payload.next');
  switch (kind) {
    case 'solid':
      return { effect: { kind, colour: colour() }, next: undefined };
    case 'blink': {
      const [onMs, offMs] = [ms(payload, 'onSeconds', blinkSeconds), ms(payload, 'offSeconds', blinkSeconds)];
      return { effect: { kind, colour: colour(), onMs, offMs, count: countOf(payload) }, next: after };
    }
    case 'pulse':
      return {
        effect: { kind, colour: colour(), ms: ms(payload, 'seconds', 2), count: countOf(payload) },
        next: after,
      };
    case 'fade':
      return { effect: { kind, from, colour: colour(), ms: ms(payload, 'seconds', 1) }, next: after };
    case 'sequence': {
      const colours = coloursOf(colors).map((one) => scaled(one, share));
      return {
        effect: { kind, colours, ms: ms(payload, 'seconds', 1), count: countOf(payload) },
        next: after,
      };
    }
  }
};
