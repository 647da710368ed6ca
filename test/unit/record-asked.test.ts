import assert from 'node:assert/strict';
import { checkFor, Unfit } from '../../nodes/lib/body-schema.ts';
import { askOf } from '../../nodes/record-store/asked.ts';
import { parse } from '../../nodes/record-store/config.ts';

const form = { database: 'database', collection: 'reactors', operation: 'message' };

describe('record-store: what a message asks', () => {
  const free = [{ field: 'state', is: '=', value: 'free' }];
  for (const [what, def, msg, wanted] of [
    ['a put', {}, { operation: 'put', id: 'r1', payload: { a: 1 } }, { do: 'put', id: 'r1', body: { a: 1 } }],
    ['a put without an id', {}, { operation: 'put', payload: {} }, { do: 'put', id: '', body: {} }],
    ['a number as id', {}, { operation: 'get', id: 7 }, { do: 'get', id: '7' }],
    [
      'what the form says, whatever the message says',
      { operation: 'get' },
      { operation: 'delete', id: 'a' },
      { do: 'get', id: 'a' },
    ],
    [
      'an update with members that must be equal',
      {},
      { operation: 'update', id: 'r1', payload: { a: null }, where: { state: 'free' } },
      { do: 'update', id: 'r1', changes: { a: null }, where: free },
    ],
    [
      'a condition of the form',
      { operation: 'delete', where: '{"state": "free"}' },
      { id: 'r1' },
      { do: 'delete', id: 'r1', where: free },
    ],
    [
      'conditions of the message, instead of those of the form',
      { operation: 'delete', where: '{"state": "free"}' },
      { id: 'r1', where: [{ field: '$version', is: '>=', value: 2 }] },
      { do: 'delete', id: 'r1', where: [{ field: '$version', is: '>=', value: 2 }] },
    ],
    [
      'a list',
      { operation: 'list', sort: '-$created, name', limit: '5' },
      { offset: 10 },
      {
        do: 'list',
        listing: {
          where: [],
          sort: [
            { field: '$created', descending: true },
            { field: 'name', descending: false },
          ],
          limit: 5,
          offset: 10,
        },
      },
    ],
    [
      'a reservation',
      { operation: 'reserve', where: '{"state": "free"}' },
      { payload: { state: 'taken' }, sort: [{ field: 'size' }] },
      {
        do: 'reserve',
        changes: { state: 'taken' },
        listing: { where: free, sort: [{ field: 'size', descending: false }], limit: 100, offset: 0 },
      },
    ],
  ] as const)
    it(what, () => {
      const ask = askOf(parse({ ...form, ...def }), { ...msg });
      // Whether an order is told to go up or left to, is the same.
      assert.deepEqual(JSON.parse(JSON.stringify(ask)), JSON.parse(JSON.stringify(wanted)));
    });

  for (const [msg, complaint] of [
    [{}, /^operation: must be one of put, get, list, update, reserve, delete, got nothing$/],
    [{ operation: 'get' }, /^id: must be text of 1 to 200 characters .*got nothing$/],
    [{ operation: 'put', payload: 'text' }, /^payload: must be an object, got "text"$/],
    [
      { operation: 'put', payload: { a: { b: Infinity } } },
      /^payload\.a\.b: must be a finite number, got Infinity$/,
    ],
    [
      { operation: 'list', where: 'state = free' },
      /^where: must be a list of conditions, got "state = free"$/,
    ],
    [{ operation: 'list', where: { 'a b': 1 } }, /^where\[0\]\.field: must be a path .*got "a b"$/],
    [
      { operation: 'list', where: { a: [1] } },
      /^where\[0\]\.value: must be a number, text, true, false or null, got \[1\]$/,
    ],
    [{ operation: 'list', sort: 5 }, /^sort: must be text or a list of fields, got 5$/],
    [{ operation: 'list', sort: [5] }, /^sort\[0\]: must have a field and descending, got 5$/],
    [{ operation: 'list', sort: 'a b' }, /^sort\[0\]\.field: must be a path/],
    [{ operation: 'list', limit: -1 }, /^limit: must be a whole number from 0 to 10000, got -1$/],
    [{ operation: 'list', offset: '1' }, /^offset: must be a whole number .*got "1"$/],
  ] as const)
    it(`refuses ${String(complaint)}`, () =>
      assert.throws(() => askOf(parse(form), { ...msg }), { message: complaint }));

  for (const [def, complaint] of [
    [{ collection: '' }, /^collection: must be text of 1 to 200/],
    [{ operation: 'drop' }, /^operation: must be one of put, .*message, got "drop"$/],
    [{ where: '{state: free}' }, /^where: must be JSON, got "\{state: free\}"$/],
    [{ where: '{"a b": 1}' }, /^where\[0\]\.field: must be a path/],
    [{ schema: '{' }, /^schema: must be JSON, got "\{"$/],
    [{ schema: '[]' }, /^schema: must be a JSON object, got "\[\]"$/],
    [{ sort: 'a b' }, /^sort\[0\]\.field/],
    [{ keep: '-1' }, /^keep: must be a whole number of at least 0, got "-1"$/],
  ] as const)
    it(`refuses the form: ${String(complaint)}`, () =>
      assert.throws(() => parse({ ...form, ...def }), { message: complaint }));
});

describe('record-store: schemas', () => {
  const recipe = {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string' },
      state: { enum: ['free', 'taken'] },
      steps: {
        type: 'array',
        items: { type: 'object', properties: { temperature: { type: 'number', maximum: 100 } } },
      },
    },
  };
  for (const [body, complaint] of [
    [{ name: 'yeast', steps: [{ temperature: 37 }], state: 'free' }, undefined],
    [
      { name: 'yeast', steps: [{}, { temperature: 120 }] },
      'payload.steps.1.temperature: must be <= 100, got 120',
    ],
    [{ name: 5 }, 'payload.name: must be string, got 5'],
    [{ steps: [] }, `payload: must have required property 'name', got {"steps":[]}`],
    [
      { name: 'a', state: 'gone' },
      'payload.state: must be equal to one of the allowed values (free, taken), got "gone"',
    ],
    [
      { name: 'a', more: 1 },
      'payload: must NOT have additional properties (more), got {"name":"a","more":1}',
    ],
  ] as const)
    it(complaint ?? 'lets pass what fits', () => {
      const check = (): void => checkFor(recipe)({ ...body }, 'payload');
      if (complaint === undefined) check();
      else assert.throws(check, (cause) => cause instanceof Unfit && cause.message === complaint);
    });
  it('lets everything pass where there is none', () => checkFor(undefined)({ a: 1 }, 'payload'));
  for (const [schema, complaint] of [
    [{ type: 'objekt' }, /^schema: must be a JSON schema, but schema is invalid.*got \{"type":"objekt"\}$/],
    [{ propertys: {} }, /^schema: must be a JSON schema, but .*unknown keyword: "propertys"/],
    [
      { $ref: 'https://example.org/recipe.json' },
      /^schema: must be a JSON schema, but can't resolve reference/,
    ],
    [{ $async: true }, /^schema: \$async is not for documents/],
  ] as const)
    it(`refuses ${JSON.stringify(schema)}`, () =>
      assert.throws(() => checkFor(schema), { message: complaint }));
});
