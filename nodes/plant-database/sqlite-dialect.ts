import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import type { Link } from './sqlite-link.ts';
import type { QueryAnswer } from './sqlite-worker.ts';
import type { Turns } from '../lib/turns.ts';

/** A turn at the one connection the thread has. */
interface Turn extends DatabaseConnection {
  readonly end: () => void;
}

/** kysely on a thread. Whoever has a transaction has the thread for himself until it ends. */
export const threadDialect = (link: Link, turns: Turns): Dialect => {
  const run = (text: string): Promise<QueryAnswer> => link.call({ do: 'query', sql: text, parameters: [] });
  const driver: Driver = {
    async init() {},
    async acquireConnection(): Promise<Turn> {
      const end = await turns.take();
      return {
        end,
        async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
          const { rows, changes, id } = await link.call<QueryAnswer>({ do: 'query', sql, parameters });
          return { rows: rows as R[], numAffectedRows: BigInt(changes), insertId: BigInt(id) };
        },
        streamQuery() {
          throw new Error('SQLite: a query is answered as a whole, read it in pages');
        },
      };
    },
    async beginTransaction() {
      await run('BEGIN IMMEDIATE');
    },
    async commitTransaction() {
      await run('COMMIT');
    },
    async rollbackTransaction() {
      await run('ROLLBACK');
    },
    async releaseConnection(connection) {
      (connection as Turn).end();
    },
    async destroy() {},
  };
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
};
