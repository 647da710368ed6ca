import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareText, meets, merged, placeOf, valueAt } from '../../nodes/plant-database/documents.ts';
import type { Comparison, Condition, Document, RecordStore } from '../../nodes/lib/store.ts';

/** Two connections to one database that are as separate as two processes. */
export interface TwoStores {
  readonly records: RecordStore;
  readonly others: RecordStore;
  close(): Promise<void>;
}

const texts = [
  '',
  'a',
  'A',
  'a ',
  'ab',
  'é',
  'e\u0301',
  '\uffff',
  '😀',
  '1',
  'true',
  'null',
  '"',
  '\\',
  "'",
  '%',
  '\u0001\n\t\b\f\u001f',
  '$.a',
  '{}',
  '\\u0041',
];
const numbers = [
  0,
  1,
  -1,
  0.1,
  0.30000000000000004,
  1e21,
  2 ** 53,
  2 ** 64,
  -5e-324,
  1.7976931348623157e308,
  10,
  9,
];
const scalar = fc.oneof(
  fc.constantFrom(...texts),
  fc.constantFrom(...numbers),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  fc.constantFrom({}, [], [1], { b: 1 }, ['a', { b: 'a' }]),
);
const body: fc.Arbitrary<Document['body']> = fc.dictionary(
  fc.constantFrom('a', 'b', '0', 'x-y', '__proto__'),
  value,
  { maxKeys: 4, noNullPrototype: true },
);
const field = fc.constantFrom(
  'a',
  'b',
  '0',
  'x-y',
  'a.b',
  'a.0',
  'a.1.b',
  'b.b',
  '__proto__',
  '$version',
  '$id',
);
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field, is: fc.constantFrom<Comparison>('=', '!='), value: scalar }),
  fc.record({
    field,
    is: fc.constantFrom<Comparison>('<', '<=', '>', '>='),
    value: fc.oneof(fc.constantFrom(...texts), fc.constantFrom(...numbers)),
  }),
);

const rankOf = (found: unknown): number => {
  if (found === undefined || found === null) return 0;
  if (typeof found === 'boolean') return found ? 2 : 1;
  return typeof found === 'number' ? 3 : typeof found === 'string' ? 4 : 5;
};
const compare = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  return rankOf(a) - rankOf(b);
};
const newestFirst = (a: Document, b: Document): number => b.created - a.created || compareText(b.id, a.id);
const sorted = (documents: readonly Document[], sort: readonly { field: string; descending?: boolean }[]) =>
  documents.toSorted((a, b) => {
    for (const { field: name, descending = false } of sort) {
      const [left, right] = [valueAt(a, placeOf(name, 'field')), valueAt(b, placeOf(name, 'field'))];
      const order = compare(left, right);
      if (order !== 0) return descending ? -order : order;
    }
    return newestFirst(a, b);
  });

type Step =
  | {
      readonly do: 'put';
      readonly id: string;
      readonly body: Document['body'];
      readonly keep: number | undefined;
    }
  | {
      readonly do: 'update';
      readonly id: string;
      readonly body: Document['body'];
      readonly where: Condition[];
    }
  | { readonly do: 'reserve'; readonly body: Document['body']; readonly where: Condition[] }
  | { readonly do: 'remove'; readonly id: string; readonly where: Condition[] };
const id = fc.constantFrom('one', 'two', 'Two', 'drei ☂', 'a\'b"c');
const where = fc.array(condition, { maxLength: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    id,
    body,
    keep: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 4 }),
  }),
  fc.record({ do: fc.constant('update' as const), id, body, where }),
  fc.record({ do: fc.constant('reserve' as const), body, where }),
  fc.record({ do: fc.constant('remove' as const), id, where }),
);

/** What a record store has to do, in the simplest way there is. */
class Model {
  documents: Document[] = [];
  /** A document as the store gives it back; the model takes times from there and works out the rest. */
  put(next: Step & { do: 'put' }, { created, updated, collection }: Document): Document {
    const old = this.documents.find((document) => document.id === next.id);
    const document: Document = {
      collection,
      id: next.id,
      version: (old?.version ?? 0) + 1,
      created: old?.created ?? created,
      updated,
      body: next.body,
    };
    this.documents = sorted([...this.documents.filter((other) => other !== old), document], []);
    if (next.keep !== undefined)
      this.documents = this.documents.filter(
        (other, index) => index < Number(next.keep) || other === document,
      );
    return document;
  }
  change(old: Document | undefined, changes: unknown, updated = 0): Document | undefined {
    if (!old) return undefined;
    const changed = { ...old, version: old.version + 1, updated, body: Object(merged(old.body, changes)) };
    this.documents = this.documents.map((other) => (other === old ? changed : other));
    return changed;
  }
  find(wanted: string, conditions: readonly Condition[]): Document | undefined {
    return this.documents.find((document) => document.id === wanted && meets(document, conditions));
  }
}

let collections = 0;
/** A collection nobody else uses. */
const fresh = (): string => `suite ${process.pid}-${collections++}`;

/** Runs the tests of a record store over a database; `RUNS` of fast-check are few, since each is many statements. */
export const recordSuite = (open: () => Promise<TwoStores>, runs = 60): void => {
  let stores: TwoStores;
  let records: RecordStore;
  /** One connection and the other by turns. */
  const both = (turn: number): RecordStore => (turn % 2 === 0 ? records : stores.others);
  before(async () => {
    stores = await open();
    records = stores.records;
  });
  after(() => stores.close());

  it('gives back what was put, whatever JSON can say', async () => {
    const collection = fresh();
    const given = {
      text: texts.join(''),
      'key "with\' $.signs\\': [[[null]]],
      numbers,
      deep: { list: [true, false, null, { '': 'empty key' }] },
    };
    const put = await records.put(collection, 'näme/1', given);
    assert.deepEqual(put.body, given);
    assert.equal(put.version, 1);
    assert.equal(put.created, put.updated);
    assert.deepEqual(await stores.others.get(collection, 'näme/1'), put);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).map((key) => key.replaceAll('\0', '')),
          fc.oneof(
            fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
            fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
          ),
        ),
        async (any) => {
          const { body: back } = await records.put(collection, 'any', any);
          assert.deepEqual(back, JSON.parse(JSON.stringify(any)));
          assert.deepEqual((await records.get(collection, 'any'))?.body, back);
        },
      ),
      { numRuns: runs },
    );
  });

  it('makes ids of its own, and documents nobody has asked for are not there', async () => {
    const collection = fresh();
    const [one, two] = [await records.put(collection, '', {}), await records.put(collection, '', {})];
    assert.notEqual(one.id, two.id);
    assert.equal(await records.get(collection, 'one'), undefined);
    assert.equal(await records.update(collection, 'one', { a: 1 }), undefined);
    assert.equal(
      await records.reserve(collection, { where: [{ field: 'a', is: '=', value: 1 }] }, {}),
      undefined,
    );
    assert.equal(await records.remove(collection, 'one'), false);
    assert.deepEqual(await records.list(fresh()), { total: 0, documents: [] });
    assert.equal((await records.list(collection)).total, 2);
  });

  it('keeps collections and upper and lower case apart', async () => {
    const [first, second] = [fresh(), fresh()];
    await records.put(first, 'tank', { in: 1 });
    await records.put(first, 'Tank', { in: 2 });
    await records.put(second, 'tank', { in: 3 });
    assert.deepEqual((await records.get(first, 'tank'))?.body, { in: 1 });
    assert.equal(await records.remove(first, 'tank'), true);
    assert.deepEqual((await records.get(first, 'Tank'))?.body, { in: 2 });
    assert.deepEqual((await records.get(second, 'tank'))?.body, { in: 3 });
  });

  it('finds what fits, in order, page by page (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(body, { minLength: 1, maxLength: 12 }),
        fc.array(
          fc.tuple(where, fc.array(fc.record({ field, descending: fc.boolean() }), { maxLength: 2 })),
          {
            minLength: 5,
            maxLength: 5,
          },
        ),
        async (bodies, questions) => {
          const collection = fresh();
          const all: Document[] = [];
          for (const [index, one] of bodies.entries())
            all.push(await records.put(collection, `${index % 2 ? 'b' : 'A'}${index}`, one));
          for (const [conditions, sort] of questions) {
            const wanted = sorted(
              all.filter((document) => meets(document, conditions)),
              sort,
            );
            const { total, documents } = await records.list(collection, { where: conditions, sort });
            assert.deepEqual(
              documents.map((document) => document.id),
              wanted.map((document) => document.id),
            );
            assert.equal(total, wanted.length);
            const page = await records.list(collection, { where: conditions, sort, limit: 2, offset: 1 });
            assert.deepEqual(page, { total, documents: wanted.slice(1, 3) });
          }
        },
      ),
      { numRuns: runs },
    );
  });

  it('does what a simple model does (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const collection = fresh();
        const model = new Model();
        for (const next of steps) {
          if (next.do === 'put') {
            const put = await records.put(collection, next.id, next.body, next.keep);
            assert.deepEqual(put, model.put(next, put));
          } else if (next.do === 'update') {
            const got = await records.update(collection, next.id, next.body, next.where);
            assert.deepEqual(got, model.change(model.find(next.id, next.where), next.body, got?.updated));
          } else if (next.do === 'reserve') {
            const got = await records.reserve(collection, { where: next.where }, next.body);
            const first = model.documents.find((document) => meets(document, next.where));
            assert.deepEqual(got, model.change(first, next.body, got?.updated));
          } else {
            const found = model.find(next.id, next.where);
            model.documents = model.documents.filter((document) => document !== found);
            assert.equal(await records.remove(collection, next.id, next.where), found !== undefined);
          }
          assert.deepEqual((await stores.others.list(collection)).documents, model.documents);
        }
      }),
      { numRuns: runs },
    );
  });

  it('20 documents reserved by 50 at once over two connections have 20 winners', async () => {
    const collection = fresh();
    for (let number = 0; number < 20; number++)
      await records.put(collection, `reactor ${number}`, { state: 'free', number });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, asker) =>
        both(asker).reserve(
          collection,
          { where: [{ field: 'state', is: '=', value: 'free' }], sort: [{ field: 'number' }] },
          { state: 'taken', by: asker },
        ),
      ),
    );
    const winners = answers.filter((document) => document !== undefined);
    assert.equal(winners.length, 20);
    assert.equal(new Set(winners.map((document) => document.id)).size, 20);
    for (const [asker, document] of answers.entries())
      if (document) assert.deepEqual((await records.get(collection, document.id))?.body['by'], asker);
  });

  it('changes nothing that a check refuses', async () => {
    const collection = fresh();
    const put = await records.put(collection, 'one', { volume: 5 });
    const most = (body: Document['body']): void => {
      if (Number(body['volume']) > 10) throw new Error(`volume: is too much, got ${String(body['volume'])}`);
    };
    await assert.rejects(
      records.update(collection, 'one', { volume: 11 }, [], most),
      /volume: is too much, got 11/,
    );
    await assert.rejects(
      records.reserve(collection, {}, { volume: 12 }, most),
      /volume: is too much, got 12/,
    );
    assert.deepEqual(await records.get(collection, 'one'), put);
    assert.equal((await records.update(collection, 'one', { volume: 9 }, [], most))?.version, 2);
  });

  it('40 updates at once over two connections are all there', async () => {
    const collection = fresh();
    await records.put(collection, 'batch', {});
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        both(index).update(collection, 'batch', { [`step-${index}`]: index }),
      ),
    );
    const { version, body: all = {} } = (await records.get(collection, 'batch')) ?? {};
    assert.equal(version, 41);
    assert.equal(Object.keys(all).length, 40);
  });

  it('of those who make, compare and delete at once, each has done it or not at all', async () => {
    const collection = fresh();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => both(index).put(collection, 'one', { index })),
    );
    assert.equal((await records.get(collection, 'one'))?.version, 20);
    const where20: Condition[] = [{ field: '$version', is: '=', value: 20 }];
    const updates = await Promise.all(
      Array.from({ length: 20 }, (_, index) => both(index).update(collection, 'one', { index }, where20)),
    );
    assert.equal(updates.filter((document) => document !== undefined).length, 1);
    const removals = await Promise.all(
      Array.from({ length: 20 }, (_, index) => both(index).remove(collection, 'one')),
    );
    assert.equal(removals.filter(Boolean).length, 1);
  });

  it('drops the oldest while many put at once, and no more than that', async () => {
    const collection = fresh();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => both(index).put(collection, `event ${index}`, { index }, 10)),
    );
    const { total } = await records.list(collection);
    // Two clocks may differ by a moment: the one that was put last stays in any case.
    assert.ok(total === 10 || total === 11, `${total} left`);
  });

  it('keeps a megabyte, and refuses more by name', async () => {
    const collection = fresh();
    const text = 'x'.repeat(1_048_576 - '{"text":""}'.length);
    await records.put(collection, 'large', { text });
    assert.deepEqual((await stores.others.get(collection, 'large'))?.body, { text });
    await assert.rejects(
      records.put(collection, 'large', { text: `${text}x` }),
      /\bbody: must be at most 1048576 bytes of JSON, got 1048577$/,
    );
    await assert.rejects(
      records.update(collection, 'large', { more: 1 }),
      /body: must be at most 1048576 bytes/,
    );
    assert.equal((await records.get(collection, 'large'))?.version, 1);
  });

  it('keeps what is nested 30 deep', async () => {
    const collection = fresh();
    const nested = (depth: number): Document['body'] => (depth === 0 ? {} : { in: nested(depth - 1) });
    await records.put(collection, 'deep', nested(29));
    assert.deepEqual((await records.get(collection, 'deep'))?.body, nested(29));
    await assert.rejects(records.put(collection, 'deep', nested(30)), /is nested deeper than 30 levels/);
  });

  for (const [what, ask, complaint] of [
    [
      'a collection without a name',
      (r: RecordStore) => r.get('', 'a'),
      /\bcollection: must be text of 1 to 200/,
    ],
    [
      'an id with a blank at its end',
      (r: RecordStore) => r.put('c', 'a ', {}),
      /\bid: must be text .*got "a "$/,
    ],
    [
      'a field that is SQL',
      (r: RecordStore) => r.list('c', { where: [{ field: "a' or 1=1 --", is: '=', value: 1 }] }),
      /\bwhere\[0\]\.field: must be a path/,
    ],
    [
      'a comparison that is none',
      (r: RecordStore) => r.list('c', { where: [Object({ field: 'a', is: 'or', value: 1 })] }),
      /\bwhere\[0\]\.is: must be one of =, !=/,
    ],
    [
      'an order of booleans',
      (r: RecordStore) => r.list('c', { where: [{ field: 'a', is: '<', value: true }] }),
      /\bwhere\[0\]\.value: must be a number or text for <, got true$/,
    ],
    [
      'a column that is none',
      (r: RecordStore) => r.list('c', { sort: [{ field: '$body' }] }),
      /\bsort\[0\]\.field: must be one of \$id/,
    ],
    [
      'a limit without end',
      (r: RecordStore) => r.list('c', { limit: 1e9 }),
      /\blimit: must be a whole number from 0 to 10000, got 1000000000$/,
    ],
    [
      'a body that is a list',
      (r: RecordStore) => r.put('c', 'a', Object([1])),
      /\bbody: must be an object, got \[1\]$/,
    ],
    [
      'a number that is not finite',
      (r: RecordStore) => r.put('c', 'a', { b: [NaN] }),
      /\bbody\.b\.0: must be a finite number, got NaN$/,
    ],
    [
      'a character no database keeps',
      (r: RecordStore) => r.put('c', 'a', { b: '\0' }),
      /\bbody\.b: must have neither a NUL/,
    ],
    [
      'half a character',
      (r: RecordStore) => r.update('c', 'a', { b: '\ud800' }),
      /\bchanges\.b: must have neither a NUL/,
    ],
  ] as const)
    it(`refuses ${what}`, () => assert.rejects(ask(records), complaint));
};
