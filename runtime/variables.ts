import { parseBoolean, parseNumber, shown } from '../nodes/lib/number.ts';
import { Refusal } from './refusal.ts';

/** Variables as the shell gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

export const refuse = (name: string, wanted: string, value: string): never => {
  throw new Refusal(`${name}: ${wanted}, got ${shown(value)}`);
};

/** A blank variable counts as one that is not set: `PORT= npm start`. */
export const given = (env: Variables, name: string): string | undefined => {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
};

export const whole = (env: Variables, name: string, fallback: number, min: number, max: number): number => {
  const text = given(env, name);
  if (text === undefined) return fallback;
  const value = parseNumber(text);
  return value === undefined || !Number.isInteger(value) || value < min || value > max
    ? refuse(name, `must be a whole number from ${min} to ${max}`, text)
    : value;
};

export const list = (env: Variables, name: string, wanted: string, pattern: RegExp): string[] => {
  const text = given(env, name);
  const items = (text ?? '').split(',').map((item) => item.trim());
  return text === undefined
    ? []
    : items.every((item) => pattern.test(item))
      ? items
      : refuse(name, wanted, text);
};

export const flag = (env: Variables, name: string): boolean => {
  const text = given(env, name);
  if (text === undefined) return false;
  return parseBoolean(text) ?? refuse(name, 'must be 1 or 0', text);
};
