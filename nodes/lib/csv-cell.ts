import type { Scalar } from './signal.ts';

/** A spreadsheet takes such text for a formula, and runs it. */
const FORMULA = /^\s*[=+\-@＝＋－＠\t\r\n]/;
const SPECIAL = /[",\r\n]/;

/** Text as a cell; what a spreadsheet would run begins with an apostrophe. */
export const textCell = (text: string): string => {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

/** A value as a cell; blank where there is none. */
export const cell = (value: Scalar | undefined): string =>
  typeof value === 'string' ? textCell(value) : value === null || value === undefined ? '' : String(value);
