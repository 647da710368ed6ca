import { sql, type Kysely, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { Condition, Document, Listing, RecordStore } from '../lib/store.ts';
import { isRecord } from '../lib/signal.ts';
import { checkedBody, checkedConditions, checkedListing, checkedName, meets, merged } from './documents.ts';
import { conditionSql, idSql, sortSql } from './record-sql.ts';
import type { DatabaseKind, Tables } from './schema.ts';

type Row = Selectable<Tables['record']>;
type Rows<O> = SelectQueryBuilder<Tables, 'record', O>;

export interface RecordOptions {
  /** for lists, which may take long: where others must not wait for them */
  readonly reader?: Kysely<Tables>;
  /** ms since the epoch */
  readonly now?: () => number;
  readonly newId?: () => string;
}

/**
 * Documents in a table. Every change is one statement that asks for the version it was worked out from, and is worked
 * out again where another came first: so no change is lost and no two who reserve get the same document, whatever else
 * goes on in the database, with no lock and no transaction.
 */
export const createRecords = (
  db: Kysely<Tables>,
  kind: DatabaseKind,
  { reader = db, now = Date.now, newId = () => crypto.randomUUID() }: RecordOptions = {},
): RecordStore => {
  let youngest = 0;
  /** Never the same twice, so that what is made later sorts later, and a document made anew is another one. */
  const creation = (): number => (youngest = Math.max(youngest + 1, Math.floor(now())));

  const read = async (collection: string, id: string): Promise<Document | undefined> => {
    const row = await db
      .selectFrom('record')
      .selectAll()
      .where('collection', '=', collection)
      .where('id', '=', id)
      .executeTakeFirst();
    return row && toDocument(row);
  };

  /** False where another one has made it in the meantime. */
  const insert = async (document: Document, body: string): Promise<boolean> => {
    const query = db.insertInto('record').values({ ...document, body });
    if (kind !== 'mysql') {
      const { numInsertedOrUpdatedRows } = await query
        .onConflict((conflict) => conflict.columns(['collection', 'id']).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows !== 0n;
    }
    try {
      await query.execute();
      return true;
    } catch (cause) {
      if (isErrno(cause, MYSQL_DUPLICATE)) return false;
      throw cause;
    }
  };

  /** The document after a change, or undefined where it is no longer what the change was worked out from. */
  const replace = async (
    old: Document,
    body: unknown,
    check: (body: Document['body']) => void = () => {},
  ): Promise<Document | undefined> => {
    const checked = checkedBody(body);
    check(checked.body);
    const next = { ...old, version: old.version + 1, updated: Math.max(old.updated, Math.floor(now())) };
    const { numUpdatedRows } = await db
      .updateTable('record')
      .set({ version: next.version, updated: next.updated, body: checked.text })
      .where('collection', '=', old.collection)
      .where('id', '=', old.id)
      .where('version', '=', old.version)
      .where('created', '=', old.created)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 0n ? undefined : { ...next, body: checked.body };
  };

  /** Tries until nobody else comes in between: whoever does has got a change done, so all get theirs. */
  const settled = async <T>(attempt: () => Promise<{ readonly result: T } | undefined>): Promise<T> => {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const done = await attempt().catch((cause: unknown) => {
        if (!isErrno(cause, MYSQL_DEADLOCK)) throw cause;
      });
      if (done) return done.result;
    }
    throw new Error(`record: still changed by others after ${TRIES_MAX} tries`);
  };

  const selection = <O>(query: Rows<O>, collection: string, where: readonly Condition[]): Rows<O> =>
    where.reduce(
      (narrowed, condition) => narrowed.where(conditionSql(condition, kind)),
      query.where('collection', '=', collection),
    );

  const page = async (
    from: Kysely<Tables>,
    collection: string,
    listing: Required<Listing>,
  ): Promise<Document[]> => {
    const { where, sort, limit, offset } = listing;
    let query = selection(from.selectFrom('record').selectAll(), collection, where);
    for (const { field, descending = false } of sort)
      for (const expression of sortSql(field, kind))
        query = query.orderBy(expression, descending ? 'desc' : 'asc');
    const rows = await query
      .orderBy('created', 'desc')
      .orderBy(idSql(kind), 'desc')
      .limit(limit)
      .offset(offset)
      .execute();
    return rows.map(toDocument);
  };

  /** Drops all but the newest `keep`; never the one that was just put. */
  const trim = async (collection: string, id: string, keep: number): Promise<void> => {
    const oldest = await db
      .selectFrom('record')
      .select(['created', 'id'])
      .where('collection', '=', collection)
      .orderBy('created', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .offset(keep)
      .executeTakeFirst();
    if (!oldest) return;
    await db
      .deleteFrom('record')
      .where('collection', '=', collection)
      .where('id', '!=', id)
      .where((eb) =>
        eb.or([
          eb('created', '<', oldest.created),
          eb.and([eb('created', '=', oldest.created), eb('id', '<=', oldest.id)]),
        ]),
      )
      .execute();
  };

  return {
    async put(collection, id, body, keep) {
      checkedName(collection, 'collection');
      const name = id === '' ? newId() : checkedName(id, 'id');
      const checked = checkedBody(body);
      if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 1))
        throw new Error(`keep: must be a whole number of at least 1, got ${keep}`);
      const document = await settled(async () => {
        const old = await read(collection, name);
        if (old) {
          const result = await replace(old, checked.body);
          return result && { result };
        }
        const created = creation();
        const result: Document = {
          collection,
          id: name,
          version: 1,
          created,
          updated: created,
          body: checked.body,
        };
        return (await insert(result, checked.text)) ? { result } : undefined;
      });
      if (keep !== undefined) await settled(async () => ({ result: await trim(collection, name, keep) }));
      return document;
    },
    async get(collection, id) {
      return read(checkedName(collection, 'collection'), checkedName(id, 'id'));
    },
    async list(collection, listing = {}) {
      checkedName(collection, 'collection');
      const checked = checkedListing(listing);
      const count = reader.selectFrom('record').select(sql<number | string | bigint>`count(*)`.as('total'));
      const [{ total }, documents] = await Promise.all([
        selection(count, collection, checked.where).executeTakeFirstOrThrow(),
        checked.limit === 0 ? [] : page(reader, collection, checked),
      ]);
      return { total: Number(total), documents };
    },
    async update(collection, id, changes, where, check) {
      checkedName(collection, 'collection');
      checkedName(id, 'id');
      const conditions = checkedConditions(where);
      const { body: patch } = checkedBody(changes, 'changes');
      return settled(async () => {
        const old = await read(collection, id);
        if (!old || !meets(old, conditions)) return { result: undefined };
        const result = await replace(old, merged(old.body, patch), check);
        return result && { result };
      });
    },
    async reserve(collection, listing, changes, check) {
      checkedName(collection, 'collection');
      const checked = { ...checkedListing(listing), limit: 1 };
      const { body: patch } = checkedBody(changes, 'changes');
      return settled(async () => {
        const [first] = await page(db, collection, checked);
        if (!first) return { result: undefined };
        const result = await replace(first, merged(first.body, patch), check);
        return result && { result };
      });
    },
    async remove(collection, id, where) {
      checkedName(collection, 'collection');
      checkedName(id, 'id');
      const conditions = checkedConditions(where);
      return settled(async () => {
        const old = await read(collection, id);
        if (!old || !meets(old, conditions)) return { result: false };
        const { numDeletedRows } = await db
          .deleteFrom('record')
          .where('collection', '=', collection)
          .where('id', '=', id)
          .where('version', '=', old.version)
          .where('created', '=', old.created)
          .executeTakeFirstOrThrow();
        return numDeletedRows === 0n ? undefined : { result: true };
      });
    },
  };
};

const MYSQL_DUPLICATE = 1062;
/** InnoDB locks the gaps between rows and ends one of two statements that wait for each other. */
const MYSQL_DEADLOCK = 1213;
const isErrno = (cause: unknown, errno: number): boolean =>
  typeof cause === 'object' && cause !== null && Reflect.get(cause, 'errno') === errno;
const TRIES_MAX = 1000;

/** SQLite and MariaDB give JSON as text; PostgreSQL gives it read, but its bigint as text. */
const toDocument = ({ collection, id, version, created, updated, body }: Row): Document => {
  const read: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  if (!isRecord(read)) throw new Error(`record: the body of ${collection}/${id} is no object`);
  return {
    collection,
    id,
    version: Number(version),
    created: Number(created),
    updated: Number(updated),
    body: read,
  };
};
