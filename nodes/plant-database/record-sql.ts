import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Comparison, Condition } from '../lib/store.ts';
import { isIndex, placeOf, type Place } from './documents.ts';
import type { DatabaseKind } from './schema.ts';

type Expression = RawBuilder<unknown>;

/** How a database looks into JSON. Names are parameters, never part of the statement. */
interface Dialect {
  readonly at: (path: readonly string[]) => Expression;
  readonly type: (value: Expression) => Expression;
  /** the types, as the database calls them */
  readonly types: Readonly<Record<'null' | 'true' | 'false' | 'number' | 'text', readonly string[]>>;
  readonly number: (value: Expression) => Expression;
  readonly text: (value: Expression) => Expression;
  /** text, so that it compares by code points and a blank at its end counts */
  readonly exact: (value: Expression) => Expression;
  readonly numberOf: (value: number) => Expression;
}

/** Step by step, since a whole number is a place in a list or, elsewhere, a name. */
const stepwise =
  (type: Dialect['type'], list: string, member: (value: Expression, path: string) => Expression) =>
  (path: readonly string[]): Expression =>
    path.reduce<Expression>((value, segment) => {
      const named = member(value, `$."${segment}"`);
      return isIndex(segment)
        ? sql`case when ${type(value)} = ${list} then ${member(value, `$[${segment}]`)} else ${named} end`
        : named;
    }, sql.ref('body'));

const sqliteType = (value: Expression): Expression => sql`json_type(${value})`;
const mysqlType = (value: Expression): Expression => sql`json_type(${value})`;

const dialects: Readonly<Record<DatabaseKind, Dialect>> = {
  sqlite: {
    at: stepwise(sqliteType, 'array', (value, path) => sql`(${value} -> ${path})`),
    type: sqliteType,
    types: { null: ['null'], true: ['true'], false: ['false'], number: ['integer', 'real'], text: ['text'] },
    number: (value) => sql`(${value} ->> '$')`,
    text: (value) => sql`(${value} ->> '$')`,
    exact: (value) => value,
    numberOf: (value) => sql`${value}`,
  },
  postgres: {
    at: (path) => sql`(body #> ${`{${path.map((segment) => `"${segment}"`).join(',')}}`}::text[])`,
    // A boolean has one type here; its value makes two of it.
    type: (value) =>
      sql`case when jsonb_typeof(${value}) = 'boolean' then ${value} #>> '{}' else jsonb_typeof(${value}) end`,
    types: { null: ['null'], true: ['true'], false: ['false'], number: ['number'], text: ['string'] },
    number: (value) => sql`(${value} #>> '{}')::numeric`,
    text: (value) => sql`(${value} #>> '{}')`,
    exact: (value) => sql`(${value})::text collate "C"`,
    numberOf: (value) => sql`${String(value)}::numeric`,
  },
  mysql: {
    at: stepwise(mysqlType, 'ARRAY', (value, path) => sql`json_extract(${value}, ${path})`),
    type: (value) =>
      sql`case when ${mysqlType(value)} = 'BOOLEAN' then json_unquote(${value}) else ${mysqlType(value)} end`,
    types: {
      null: ['NULL'],
      true: ['true'],
      false: ['false'],
      number: ['INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL'],
      text: ['STRING'],
    },
    number: (value) => sql`cast(${value} as double)`,
    text: (value) => sql`json_unquote(${value})`,
    exact: (value) => sql`cast(${value} as binary)`,
    numberOf: (value) => sql`cast(${String(value)} as double)`,
  },
};

/** A place as expressions: each of them null where something of another type stands there. */
interface Found {
  readonly isNull: RawBuilder<SqlBool>;
  readonly is: (flag: boolean) => RawBuilder<SqlBool>;
  readonly number: Expression;
  readonly text: Expression;
  /** null, false and true, numbers, text, anything else */
  readonly rank: Expression;
}

const NO = sql<SqlBool>`1 = 0`;
const NOTHING = sql`null`;

const foundAt = (place: Place, dialect: Dialect): Found => {
  if ('column' in place) {
    const column = sql.ref(place.column);
    return place.column === 'id'
      ? { isNull: NO, is: () => NO, number: NOTHING, text: dialect.exact(column), rank: NOTHING }
      : { isNull: NO, is: () => NO, number: column, text: NOTHING, rank: NOTHING };
  }
  const value = dialect.at(place.path);
  const type = dialect.type(value);
  const { types } = dialect;
  const among = (names: readonly string[]): RawBuilder<SqlBool> =>
    sql<SqlBool>`${type} in (${sql.join(names)})`;
  return {
    isNull: sql<SqlBool>`coalesce(${type}, ${types.null[0]}) in (${sql.join(types.null)})`,
    is: (flag) => among(flag ? types.true : types.false),
    number: sql`case when ${among(types.number)} then ${dialect.number(value)} end`,
    text: sql`case when ${among(types.text)} then ${dialect.exact(dialect.text(value))} end`,
    // The type is worked out once: it is looked for in the whole body.
    rank: sql`case coalesce(${type}, ${types.null[0]}) ${sql.join(
      (['null', 'false', 'true', 'number', 'text'] as const).flatMap((of, rank) =>
        types[of].map((called) => sql`when ${called} then ${sql.lit(rank)}`),
      ),
      sql` `,
    )} else 5 end`,
  };
};

const operators: Readonly<Record<Comparison, Expression>> = {
  '=': sql`=`,
  '!=': sql`=`, // turned round as a whole, below
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
};

/** The condition as SQL; the same as `meets` of documents.ts. */
export const conditionSql = ({ field, is, value }: Condition, kind: DatabaseKind): RawBuilder<SqlBool> => {
  const dialect = dialects[kind];
  const found = foundAt(placeOf(field, 'field'), dialect);
  const compared = (): RawBuilder<SqlBool> => {
    if (value === null) return found.isNull;
    if (typeof value === 'boolean') return found.is(value);
    return typeof value === 'number'
      ? sql<SqlBool>`${found.number} ${operators[is]} ${dialect.numberOf(value)}`
      : sql<SqlBool>`${found.text} ${operators[is]} ${dialect.exact(sql`${value}`)}`;
  };
  // Null where types differ: that is not true, and so `!=`.
  return is === '!=' ? sql<SqlBool>`(${compared()}) is not true` : sql<SqlBool>`(${compared()}) is true`;
};

/** What to sort by for one field: first the type, then the value. */
export const sortSql = (field: string, kind: DatabaseKind): readonly Expression[] => {
  const { rank, number, text } = foundAt(placeOf(field, 'field'), dialects[kind]);
  return [rank, number, text].filter((expression) => expression !== NOTHING);
};
/** The id in the order of its code points. */
export const idSql = (kind: DatabaseKind): Expression => dialects[kind].exact(sql.ref('id'));
