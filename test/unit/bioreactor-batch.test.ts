import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rangeOf, readBatch, watchedIn } from '../../nodes/bioreactor-lifecycle/batch.ts';
import { decodeTyped } from '../../nodes/bioreactor-lifecycle/typed.ts';
import { isRecord } from '../../nodes/lib/signal.ts';
import { batch, batchOf } from '../support/reactor-run.ts';

/** Writes a value as DynamoDB does. */
const encodeTyped = (value: unknown): object => {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(encodeTyped) };
  assert.ok(isRecord(value));
  return { M: itemOf(value) };
};
const itemOf = (value: object): object =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encodeTyped(inner)]));

const plain = batchOf('a', { DurationSeconds: 60 });
const { Id, Email, ...rest } = plain;
const sample = {
  Name: 'La cheve de Luz',
  Ingredients: { Water: '10', Hop1: '400', Malt0: '600', Yeast1: '200', Yeast2: '400' },
  Restrictions: [{ Sensor: 'Temperature', min: '16', max: '22' }],
};

describe('bioreactor: a batch from the wire', () => {
  for (const [name, payload] of [
    ['an object', plain],
    ['JSON text', JSON.stringify(plain)],
    ['a typed item', itemOf(plain)],
    ['the record of a stream', { Keys: itemOf({ Id, Email }), NewImage: itemOf(plain), SizeBytes: 5 }],
    ['a record whose keys stand apart', { Keys: itemOf({ Id, Email }), NewImage: itemOf(rest) }],
    ['a record as text', JSON.stringify({ NewImage: itemOf(plain) })],
  ] as const)
    it(`${name} is read`, () => assert.deepEqual(readBatch(payload), plain));

  it('numbers as text are numbers, and other text stays', () => {
    const { Recipe } = readBatch(batchOf('a', { ...sample, DurationSeconds: '90', Name: '123' }));
    assert.deepEqual(Recipe, {
      Name: '123',
      DurationSeconds: 90,
      Ingredients: { Water: 10, Hop1: '400', Malt0: '600', Yeast1: '200', Yeast2: '400' },
      Restrictions: [{ Sensor: 'Temperature', min: 16, max: 22 }],
    });
  });

  it('apostrophes and attributes named like a type stay what they are', () => {
    const odd = { ...plain, Note: "Ann's \"best\" 'brew'", S: 'x', M: { N: '5', L: [] }, NULL: null };
    assert.deepEqual(readBatch(JSON.stringify(odd)), odd);
    assert.deepEqual(readBatch({ NewImage: itemOf(odd) }), odd);
  });

  it('every type of DynamoDB has its value', () => {
    const typed = { SS: ['a', 'b'] };
    for (const [value, wanted] of [
      [typed, ['a', 'b']],
      [{ NS: ['1', '2.5'] }, [1, 2.5]],
      [{ N: '-1e3' }, -1000],
      [{ BOOL: false }, false],
      [{ NULL: true }, null],
      [{ L: [] }, []],
      [{ L: [{ S: 'a' }, { N: '1' }, { NULL: true }] }, ['a', 1, null]],
      [{ M: { S: { S: 'x' }, N: { M: { S: { N: '5' } } } } }, { S: 'x', N: { S: 5 } }],
    ] as const)
      assert.deepEqual(decodeTyped(value, 'value'), wanted);
  });

  it('what was written as typed JSON is read as it was (property)', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('S', 'N', 'M', 'L', 'BOOL', 'NULL', '__proto__'));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree')),
        fc.dictionary(key, tie('tree')),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(decodeTyped(encodeTyped(json), 'value'), json);
      }),
    );
  });

  const restricted = (row: object) => batchOf('a', { Restrictions: [row] });
  for (const [payload, message] of [
    ['{"Id', 'batch: must be JSON, got "{\\"Id"'],
    ['[]', 'batch: must be an object, got []'],
    [null, 'batch: must be an object, got null'],
    [7, 'batch: must be an object, got 7'],
    [{ ...plain, Id: undefined }, "batch: must have required property 'Id'"],
    [{ ...plain, Id: 7 }, 'batch.Id: must be string, got 7'],
    [{ ...plain, Id: '' }, 'batch.Id: must NOT have fewer than 1 characters, got ""'],
    [{ ...plain, Recipe: 'beer' }, 'batch.Recipe: must be object, got "beer"'],
    [batchOf('a', { DurationSeconds: 0 }), 'batch.Recipe.DurationSeconds: must be >= 1, got 0'],
    [batchOf('a', { DurationSeconds: 'long' }), 'batch.Recipe.DurationSeconds: must be number, got "long"'],
    [batchOf('a', { Ingredients: { Water: 0 } }), 'batch.Recipe.Ingredients.Water: must be > 0, got 0'],
    [
      batchOf('a', { Ingredients: { Hops: [{ name: 'x', amount: -1 }] } }),
      'batch.Recipe.Ingredients.Hops.0.amount: must be > 0, got -1',
    ],
    [
      restricted({ Sensor: 'PH', min: null, max: 3 }),
      'batch.Recipe.Restrictions.0.min: must be number, got null',
    ],
    [
      restricted({ Sensor: 'PH', min: 5, max: 5 }),
      'batch.Recipe.Restrictions.0.max: must be above min (5), got 5',
    ],
    [
      { NewImage: { ...itemOf(plain), Timestamp: { N: 'soon' } } },
      'NewImage.Timestamp: must be a number, got "soon"',
    ],
    [
      { NewImage: { ...itemOf(plain), Recipe: { M: { Name: 'beer' } } } },
      'NewImage.Recipe.Name: must be a typed value of DynamoDB, got "beer"',
    ],
    [
      { NewImage: { ...itemOf(plain), X: { B: 'AAAA' } } },
      'NewImage.X: must be a typed value of DynamoDB, got {"B":"AAAA"}',
    ],
    [
      { NewImage: { ...itemOf(plain), X: { S: 'a', N: '1' } } },
      'NewImage.X: must be a typed value of DynamoDB, got {"S":"a","N":"1"}',
    ],
    [{ NewImage: { X: { L: 'a' } } }, 'NewImage.X: must be a list, got "a"'],
    [{ NewImage: { X: { BOOL: 'maybe' } } }, 'NewImage.X: must be true or false, got "maybe"'],
    [{ NewImage: {}, Keys: 5 }, 'Keys: must be an object, got 5'],
  ] as const)
    it(`is refused: ${message}`, () =>
      assert.throws(
        () => readBatch(payload),
        (cause: Error) => cause.message.startsWith(message) || assert.equal(cause.message, message),
      ));

  for (const Sensor of ['PH', 'Ph', 'ph'])
    it(`${Sensor} is the range of ph`, () =>
      assert.deepEqual(rangeOf(batch('a', { Restrictions: [{ Sensor, min: 5, max: 9 }] }), 'ph'), {
        min: 5,
        max: 9,
      }));
  it('what is not restricted has no range', () =>
    assert.equal(rangeOf(batch('a', { Restrictions: [] }), 'temperature'), null));

  const quantities = ['temperature', 'pH', 'pressure', 'oxygen'];
  for (const [ranges, watched] of [
    [['Temperature', 'PH', 'Pressure'], quantities],
    [['Temperature'], ['temperature', 'oxygen']],
    [
      ['Pressure', 'Ph'],
      ['pH', 'pressure', 'oxygen'],
    ],
    [['Light'], ['oxygen']],
    [[], quantities],
  ] as const)
    it(`ranges of ${ranges.join(', ') || 'nothing'} watch ${watched.join(', ')}`, () => {
      const Restrictions = ranges.map((Sensor) => ({ Sensor, min: 5, max: 9 }));
      assert.deepEqual(watchedIn(quantities, batch('a', { Restrictions })), watched);
    });
  it('without a batch all is watched', () => assert.equal(watchedIn(quantities, undefined), quantities));
});
