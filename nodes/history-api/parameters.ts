import { numberField, parseFields, textField, type Fields, type Parsed } from '../lib/fields.ts';
import { shown } from '../lib/number.ts';
import { momentField } from '../history-query/moment.ts';
import { queryFields } from '../history-query/query.ts';

/** What a client may do is not done; the message is for people. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The id of a plant-database node; blank: the first one. */
const database = textField('');
const { series, timeline, from, to, tz, points, qualities } = queryFields;

/** The parameters of each address. */
export const historyParameters = { series, timeline, from, to, points, tz, qualities, database };
export const seriesParameters = { series, timeline, database };
export const limitsParameters = { series, timeline };
export const alarmParameters = {
  series,
  from: momentField('-30d'),
  to,
  tz,
  limit: numberField(100, { min: 1, max: 1000, integer: true }),
  offset: numberField(0, { min: 0, max: 1_000_000, integer: true }),
  database,
};

/** May stand there more than once. */
const REPEATABLE = 'series';

/**
 * Reads the part of an address after `?` by its fields. A parameter without a value counts as not given; one that is
 * unknown, given twice or cannot be read is refused with 400, by its name.
 */
export const readParameters = <F extends Fields>(fields: F, search: string): Parsed<F> => {
  const given = new URLSearchParams(search);
  const raw: Record<string, unknown> = {};
  try {
    for (const name of new Set(given.keys())) {
      if (!Object.hasOwn(fields, name))
        throw new Error(`${shown(name)}: must be one of ${Object.keys(fields).join(', ')}`);
      const values = given.getAll(name).filter((value) => value !== '');
      if (values.length > 1 && name !== REPEATABLE)
        throw new Error(`${name}: must be given once, got ${values.length} values`);
      if (values.length > 0) raw[name] = name === REPEATABLE ? values : values[0];
    }
    return parseFields(fields, raw);
  } catch (cause) {
    throw new Refused(400, cause instanceof Error ? cause.message : String(cause));
  }
};
