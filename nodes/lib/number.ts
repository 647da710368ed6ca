/** Decimal text as a person or a wire writes it; no hex, no blanks inside, no `Infinity`. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The number a text stands for, or undefined: text that only starts like a number, blank text and values that are
 * not finite stand for none.
 */
export const parseNumber = (raw: unknown): number | undefined => {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  if (typeof raw !== 'string') return undefined;
  const text = raw.trim();
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

/** A boolean as the field writes it: true, "true", "True", "on", 1; undefined for anything else. */
export const parseBoolean = (raw: unknown): boolean | undefined => {
  if (typeof raw === 'boolean') return raw;
  const text = typeof raw === 'string' ? raw.trim().toLowerCase() : raw;
  if (text === 'true' || text === 'on' || text === '1' || text === 1) return true;
  if (text === 'false' || text === 'off' || text === '0' || text === 0) return false;
  return undefined;
};

export const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

/** How an error shows a value that was refused, whatever it is. */
export const shown = (value: unknown): string => {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'string':
    case 'object':
      return shownJson(value);
    case 'function':
    case 'symbol':
      return typeof value;
  }
};
const SHOWN_LENGTH = 60;
const shownJson = (value: string | object | null): string => {
  try {
    return JSON.stringify(value).slice(0, SHOWN_LENGTH);
  } catch {
    return 'an object'; // one that JSON has no words for
  }
};
