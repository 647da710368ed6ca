import { sql, type ColumnDefinitionBuilder, type Kysely, type RawBuilder } from 'kysely';
import { SCHEMA_VERSION, type DatabaseKind, type Tables } from './schema.ts';

type Database = Kysely<Tables>;
type Type = RawBuilder<unknown>;

/** The types of columns, as each database calls them. */
interface Types {
  readonly text: Type;
  /** a text that is part of a key: at most 500 characters */
  readonly name: Type;
  /** a text that is part of a key of several columns: at most 200 */
  readonly short: Type;
  readonly number: Type;
  readonly small: Type;
  readonly long: Type;
  readonly json: Type;
  /** after the columns of a table that is clustered by its key */
  readonly clustered: Type;
  /** the same, where the rows are changed again and again */
  readonly lively: Type;
}
const exact = sql`character set utf8mb4 collate utf8mb4_bin`;
const typesOf: Readonly<Record<DatabaseKind, Types>> = {
  sqlite: {
    text: sql`text`,
    name: sql`text`,
    short: sql`text`,
    number: sql`real`,
    small: sql`integer`,
    long: sql`integer`,
    json: sql`text`,
    clustered: sql`without rowid`,
    lively: sql`without rowid`,
  },
  postgres: {
    text: sql`text`,
    name: sql`text`,
    short: sql`text`,
    number: sql`double precision`,
    small: sql`smallint`,
    long: sql`bigint`,
    json: sql`jsonb`,
    clustered: sql``,
    lively: sql`with (fillfactor = 70)`,
  },
  mysql: {
    text: sql`longtext ${exact}`,
    name: sql`varchar(500) ${exact}`,
    short: sql`varchar(200) ${exact}`,
    number: sql`double`,
    small: sql`smallint`,
    long: sql`bigint`,
    json: sql`json`,
    clustered: sql`engine = InnoDB`,
    lively: sql`engine = InnoDB`,
  },
};

const required = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull();

/**
 * Step n makes version n + 1. What a step has done half must not hinder it when it is done again: MySQL knows no
 * transaction around a change of tables.
 */
const steps: readonly ((db: Database, kind: DatabaseKind) => Promise<void>)[] = [
  async (db, kind) => {
    const { text, name, short, number, small, long, json, clustered, lively } = typesOf[kind];
    const id = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
      kind === 'postgres'
        ? column.primaryKey().generatedAlwaysAsIdentity()
        : column.primaryKey().autoIncrement();
    const table = (called: string) => db.schema.createTable(called).ifNotExists();
    await table('origin')
      .addColumn('id', 'integer', id)
      .addColumn('source', short, required)
      .addColumn('unit', short, required)
      .addUniqueConstraint('origin_key', ['source', 'unit'])
      .execute();
    await table('series')
      .addColumn('id', 'integer', id)
      .addColumn('name', name, required)
      .addColumn('timeline', short, required)
      .addColumn('kind', small, required)
      .addColumn('origin', 'integer', required)
      .addColumn('first', long, required)
      .addColumn('last', long, required)
      .addUniqueConstraint('series_key', ['name', 'timeline'])
      .execute();
    await table('sample')
      .addColumn('series', 'integer', required)
      .addColumn('time', long, required)
      .addColumn('value', number)
      .addColumn('text', text)
      .addColumn('quality', small, required)
      .addColumn('origin', 'integer', required)
      .addPrimaryKeyConstraint('sample_key', ['series', 'time'])
      .modifyEnd(clustered)
      .execute();
    for (const level of ['minute', 'hour'])
      await table(level)
        .addColumn('series', 'integer', required)
        .addColumn('time', long, required)
        .addColumn('min', number, required)
        .addColumn('max', number, required)
        .addColumn('sum', number, required)
        .addColumn('count', long, required)
        .addPrimaryKeyConstraint(`${level}_key`, ['series', 'time'])
        .modifyEnd(lively)
        .execute();
    await table('record')
      .addColumn('collection', short, required)
      .addColumn('id', short, required)
      .addColumn('version', 'integer', required)
      .addColumn('created', long, required)
      .addColumn('updated', long, required)
      .addColumn('body', json, required)
      .addPrimaryKeyConstraint('record_key', ['collection', 'id'])
      .addUniqueConstraint('record_created', ['collection', 'created', 'id'])
      .execute();
  },
];

const versionOf = async (db: Database): Promise<number> => {
  const row = await db.selectFrom('meta').select('value').where('name', '=', 'schema').executeTakeFirst();
  return Number(row?.value ?? 0);
};

const migrateLocked = async (db: Database, kind: DatabaseKind): Promise<void> => {
  const { short } = typesOf[kind];
  await db.schema
    .createTable('meta')
    .ifNotExists()
    .addColumn('name', short, (column) => column.primaryKey())
    .addColumn('value', short, required)
    .execute();
  const found = await versionOf(db);
  if (found > SCHEMA_VERSION)
    throw new Error(
      `the database has schema version ${found}, which is newer than ${SCHEMA_VERSION}, the one of this program`,
    );
  if (found === 0) await db.insertInto('meta').values({ name: 'schema', value: '0' }).execute();
  for (const [index, step] of steps.entries()) {
    if (index < found) continue;
    await step(db, kind);
    const value = String(index + 1);
    await db.updateTable('meta').set({ value }).where('name', '=', 'schema').execute();
  }
};

/** Any number and name will do, as long as every process that migrates takes the same. */
const LOCK = 7_330_117;
const LOCK_SECONDS = 30;

/**
 * Brings the tables up to date, or throws where they are newer than this program. Of several processes that start at
 * once one does it and the others wait.
 */
export const migrate = async (db: Database, kind: DatabaseKind): Promise<void> => {
  if (kind !== 'mysql') {
    await db.transaction().execute(async (transaction) => {
      if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
      await migrateLocked(transaction, kind);
    });
    return;
  }
  await db.connection().execute(async (connection) => {
    const lock = sql`concat('pilot-plant ', database())`;
    const { rows } = await sql<{ got: number | null }>`
      select get_lock(${lock}, ${sql.lit(LOCK_SECONDS)}) as got`.execute(connection);
    if (Number(rows[0]?.got) !== 1)
      throw new Error(`the lock for changes of tables was not free for ${LOCK_SECONDS} s`);
    try {
      await migrateLocked(connection, kind);
    } finally {
      await sql`select release_lock(${lock})`.execute(connection);
    }
  });
};
