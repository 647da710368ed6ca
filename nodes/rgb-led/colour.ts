import { parseNumber, shown } from '../lib/number.ts';
import { isRecord } from '../lib/signal.ts';

/** Red, green and blue, 0 to 255 each; fractions in the middle of a fade. */
export type Rgb = readonly [red: number, green: number, blue: number];

export const black: Rgb = [0, 0, 0];

/** CSS Color Module Level 4, section 6.1: the basic colours and some that lamps are asked for. */
const names: Readonly<Record<string, number>> = {
  black: 0x000000,
  silver: 0xc0c0c0,
  gray: 0x808080,
  white: 0xffffff,
  maroon: 0x800000,
  red: 0xff0000,
  purple: 0x800080,
  fuchsia: 0xff00ff,
  magenta: 0xff00ff,
  green: 0x008000,
  lime: 0x00ff00,
  olive: 0x808000,
  yellow: 0xffff00,
  navy: 0x000080,
  blue: 0x0000ff,
  teal: 0x008080,
  aqua: 0x00ffff,
  cyan: 0x00ffff,
  orange: 0xffa500,
  gold: 0xffd700,
  pink: 0xffc0cb,
  violet: 0xee82ee,
  indigo: 0x4b0082,
  turquoise: 0x40e0d0,
  off: 0x000000,
};

const fromNumber = (value: number): Rgb | undefined =>
  Number.isInteger(value) && value >= 0 && value <= 0xffffff
    ? [value >> 16, (value >> 8) & 255, value & 255]
    : undefined;

const fromParts = (parts: readonly unknown[]): Rgb | undefined => {
  const [red, green, blue] = parts.map((part) => parseNumber(part) ?? NaN);
  const inRange = (part: number | undefined): part is number =>
    part !== undefined && part >= 0 && part <= 255;
  return parts.length === 3 && inRange(red) && inRange(green) && inRange(blue)
    ? [red, green, blue]
    : undefined;
};

const fromText = (raw: string): Rgb | undefined => {
  const text = raw.trim().toLowerCase();
  const known = names[text];
  if (known !== undefined && Object.hasOwn(names, text)) return fromNumber(known);
  const [, short] = /^#([0-9a-f]{3})$/.exec(text) ?? [];
  const [, long] = /^#([0-9a-f]{6})$/.exec(text) ?? [];
  const digits = long ?? short?.replace(/./g, '$&$&');
  if (digits !== undefined) return fromNumber(Number.parseInt(digits, 16));
  const [, parts = ''] = /^(?:rgb\()?([\d\s.,]+?)\)?$/.exec(text) ?? [];
  return parts === '' || text.startsWith('rgb(') !== text.endsWith(')')
    ? undefined
    : fromParts(parts.split(','));
};

const read = (raw: unknown): Rgb | undefined => {
  if (typeof raw === 'number') return fromNumber(raw);
  if (typeof raw === 'string') return fromText(raw);
  if (Array.isArray(raw)) return fromParts(raw);
  return isRecord(raw) ? fromParts([raw['r'], raw['g'], raw['b']]) : undefined;
};

/** Reads a colour in any of its notations; throws an error that names the property and the value. */
export const colourOf = (raw: unknown, name: string): Rgb => {
  const colour = read(raw);
  if (colour) return colour;
  throw new Error(
    `${name}: must be a colour such as "orange", "#ff2500", "255,37,0", [255, 37, 0] or {r, g, b}, got ${shown(raw)}`,
  );
};

export const scaled = (colour: Rgb, share: number): Rgb => {
  const [red, green, blue] = colour;
  return [red * share, green * share, blue * share];
};

export const between = (from: Rgb, to: Rgb, share: number): Rgb => {
  const mix = (a: number, b: number): number => a + (b - a) * share;
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])];
};

/** As CSS writes it: `#ff2500`. */
export const cssOf = (colour: Rgb): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/**
 * The duty in % that lets an eye see a share of 255: the eye is not linear, so in^gamma. A common anode is lit while its
 * pin is low, so there the duty is the rest of 100.
 */
export const dutyOf = (part: number, gamma: number, anode: boolean): number => {
  const duty = 100 * (part / 255) ** gamma;
  return Math.round((anode ? 100 - duty : duty) * 10) / 10;
};
