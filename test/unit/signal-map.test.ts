import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from '../../nodes/signal-input/config.ts';
import { interpret, matchTopic, type Rule } from '../../nodes/signal-input/signal-map.ts';

/** Rules as the form stores them. */
const rulesOf = (...rules: object[]): readonly Rule[] => parse({ rules: JSON.stringify(rules) }).rules;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('signal-map: topic filters', () => {
  const cases: [string, string, readonly string[] | undefined][] = [
    ['a/b', 'a/b', []],
    ['a/b', 'a/c', undefined],
    ['a/b', 'a/b/c', undefined],
    ['a/b', 'a', undefined],
    ['a/+', 'a/b', ['b']],
    ['a/+', 'a/', ['']],
    ['a/+', 'a', undefined],
    ['+/x/+', '1/x/2', ['1', '2']],
    ['a/#', 'a/b/c', ['b/c']],
    ['a/#', 'a', ['']],
    ['#', 'a/b', ['a/b']],
    ['+/#', 'a/b/c', ['a', 'b/c']],
    ['a.b', 'axb', undefined],
    ['A/b', 'a/b', undefined],
  ];
  for (const [filter, topic, found] of cases)
    it(`${filter} ${found ? 'takes' : 'does not take'} ${topic}`, () =>
      assert.deepEqual(matchTopic(filter, topic), found));

  it('a topic matches itself, and itself with any level as +', () => {
    const level = fc.stringMatching(/^[a-z0-9]{0,4}$/);
    fc.assert(
      fc.property(fc.array(level, { minLength: 1 }), fc.nat(), (levels, nat) => {
        const topic = levels.join('/');
        assert.deepEqual(matchTopic(topic, topic), []);
        const index = nat % levels.length;
        assert.deepEqual(matchTopic(levels.with(index, '+').join('/'), topic), [levels[index]]);
        assert.deepEqual(matchTopic('#', topic), [topic]);
      }),
    );
  });
});

describe('signal-map: one value', () => {
  const number = { from: 't', to: 'out', kind: 'number', unit: 'Cel', min: '-10', max: '50' };
  const good = (payload: unknown, unit?: string) => ({
    signals: [{ topic: 'out', payload, quality: 'good', unit, units: undefined, qualities: undefined }],
    errors: [],
    timestamp: undefined,
  });
  const bad = (error: string, unit?: string) => ({
    signals: [{ topic: 'out', payload: null, quality: 'bad', unit, units: undefined, qualities: undefined }],
    errors: [error],
    timestamp: undefined,
  });
  const boolean = { from: 't', to: 'out', kind: 'boolean' };
  const text = { from: 't', to: 'out', kind: 'text' };
  const keyed = { ...number, key: 'temp' };
  const switched = { ...boolean, key: 'heater' };
  const cases: [string, object, unknown, object][] = [
    ['a number', number, 21.5, good(21.5, 'Cel')],
    ['the text of a number', number, '21.5', good(21.5, 'Cel')],
    ['the bytes of a number', number, bytes('21.5'), good(21.5, 'Cel')],
    ['a buffer', number, Buffer.from('0'), good(0, 'Cel')],
    ['the limits are allowed', number, '50', good(50, 'Cel')],
    ['a number beyond', number, '51', bad('payload of t: must be from -10 to 50, got "51"', 'Cel')],
    ['a number below', number, -11, bad('payload of t: must be from -10 to 50, got -11', 'Cel')],
    [
      'a text that only starts like a number',
      number,
      '21.5C',
      bad('payload of t: must be a finite number, got "21.5C"', 'Cel'),
    ],
    ['an empty text', number, '', bad('payload of t: must be a finite number, got ""', 'Cel')],
    ['no payload', number, undefined, bad('payload of t: must be a finite number, got nothing', 'Cel')],
    ['null', number, null, bad('payload of t: must be a finite number, got null', 'Cel')],
    ['NaN', number, NaN, bad('payload of t: must be a finite number, got NaN', 'Cel')],
    ['a boolean for a number', number, true, bad('payload of t: must be a finite number, got true', 'Cel')],
    ['True', boolean, 'True', good(true)],
    ['false', boolean, ' false ', good(false)],
    ['false that is one', boolean, false, good(false)],
    ['1 is no boolean', boolean, '1', bad('payload of t: must be true or false, got "1"')],
    ['a text', text, 'hello', good('hello')],
    ['an empty text that may be', text, '', good('')],
    ['a number for a text', text, 5, bad('payload of t: must be text, got 5')],
    ['a number in JSON', keyed, '{"temp":21.5}', good(21.5, 'Cel')],
    ['a number in an object', keyed, { temp: 21.5 }, good(21.5, 'Cel')],
    [
      'the text of a number in JSON',
      keyed,
      '{"temp":"21.5"}',
      bad('temp of t: must be a finite number, got "21.5"', 'Cel'),
    ],
    ['null in JSON', keyed, '{"temp":null}', bad('temp of t: must be a finite number, got null', 'Cel')],
    ['true in JSON', switched, '{"heater":true}', good(true)],
    [
      'the text true in JSON',
      switched,
      '{"heater":"true"}',
      bad('heater of t: must be true or false, got "true"'),
    ],
    ['1 in JSON', switched, '{"heater":1}', bad('heater of t: must be true or false, got 1')],
    ['no JSON', keyed, 'temp=21', bad('payload of t: must be a JSON object, got "temp=21"', 'Cel')],
    [
      'half JSON',
      keyed,
      '{"temp":21',
      bad('payload of t: must be a JSON object, got "{\\"temp\\":21"', 'Cel'),
    ],
    ['a list', keyed, '[21]', bad('payload of t: must be a JSON object, got "[21]"', 'Cel')],
    ['a JSON number', keyed, '21', bad('payload of t: must be a JSON object, got "21"', 'Cel')],
    ['an absent key', keyed, '{"other":1}', { signals: [], errors: [], timestamp: undefined }],
  ];
  for (const [name, rule, payload, expected] of cases)
    it(name, () => {
      const found = interpret(rulesOf(rule), 't', payload);
      assert.deepEqual(found, expected);
    });

  it('a topic without a rule is none of ours', () => {
    assert.equal(interpret(rulesOf(number), 'other', '5'), undefined);
    assert.equal(interpret([], 't', '5'), undefined);
  });
});

describe('signal-map: records', () => {
  const rules = rulesOf(
    { from: 'tank/+/all', key: 'temp', to: 'fish-tank/$1', quantity: 'temperature', unit: 'Cel', max: 100 },
    { from: 'tank/+/all', key: 'temperature', to: 'fish-tank/$1', quantity: 'temperature', unit: 'Cel' },
    { from: 'tank/+/all', key: 'lux', to: 'fish-tank/$1', quantity: 'lux' },
    { from: 'tank/+/all', key: 'pump', to: 'fish-tank/$1/pump', kind: 'boolean' },
    { from: 'tank/+/+', to: 'fish-tank/$1', quantity: '$2' },
  );
  const all = (payload: unknown) => interpret(rules.slice(0, 4), 'tank/2/all', payload);

  it('rules with the same outgoing topic form one record; others go out by themselves', () => {
    assert.deepEqual(all('{"temp":21,"lux":0.5,"pump":true,"timestamp":1700000000000,"extra":1}'), {
      signals: [
        {
          topic: 'fish-tank/2',
          payload: { temperature: 21, lux: 0.5 },
          quality: 'good',
          unit: undefined,
          units: { temperature: 'Cel' },
          qualities: { temperature: 'good', lux: 'good' },
        },
        {
          topic: 'fish-tank/2/pump',
          payload: true,
          quality: 'good',
          unit: undefined,
          units: undefined,
          qualities: undefined,
        },
      ],
      errors: [],
      timestamp: 1_700_000_000_000,
    });
  });

  it('the good part of a record is used, the bad part is null and named', () => {
    const { signals = [], errors } = all('{"temp":"hot","lux":3}') ?? {};
    const [{ payload, quality, qualities } = {}] = signals;
    assert.deepEqual(payload, { temperature: null, lux: 3 });
    assert.equal(quality, 'bad');
    assert.deepEqual(qualities, { temperature: 'bad', lux: 'good' });
    assert.deepEqual(errors, ['temp of tank/2/all: must be a finite number, got "hot"']);
  });

  for (const payload of [
    '{"temp":"hot","temperature":22}',
    '{"temperature":22,"temp":"hot"}',
    '{"temperature":22}',
  ])
    it(`of two spellings the one with a value counts: ${payload}`, () => {
      const [signal] = all(payload)?.signals ?? [];
      assert.deepEqual(signal?.payload, { temperature: 22 });
      assert.equal(signal?.quality, 'good');
    });

  it('a payload that is no object is named once', () => {
    assert.deepEqual(all('oops')?.errors, ['payload of tank/2/all: must be a JSON object, got "oops"']);
  });

  it('wildcards name topics and quantities', () => {
    assert.deepEqual(interpret(rules, 'tank/7/ph', '7.2')?.signals[0]?.payload, { ph: 7.2 });
    assert.equal(interpret(rules, 'tank/7/ph', '7.2')?.signals[0]?.topic, 'fish-tank/7');
  });

  const times: [string, string, number | undefined][] = [
    ['ms', '5', 5],
    ['ISO', '"2024-01-01T00:00:00Z"', Date.UTC(2024, 0, 1)],
    ['no time', '"soon"', undefined],
    ['null', 'null', undefined],
  ];
  for (const [name, time, expected] of times)
    it(`the sender's own time: ${name}`, () =>
      assert.equal(all(`{"lux":1,"timestamp":${time}}`)?.timestamp, expected));

  it('takes any payload without throwing, and no number comes out that is not finite', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.json(), fc.string(), fc.uint8Array()),
        fc.constantFrom('tank/1/all', 'tank/1/x', 'tank//__proto__'),
        (payload, topic) => {
          for (const { payload: value, quality } of interpret(rules, topic, payload)?.signals ?? []) {
            const values = typeof value === 'object' && value ? Object.values(value) : [value];
            for (const one of values) assert.ok(typeof one !== 'number' || Number.isFinite(one));
            if (values.includes(null)) assert.equal(quality, 'bad');
          }
        },
      ),
    );
  });
});

describe('signal-map: the form', () => {
  const rule = { from: 'a', to: 'b' };
  it('has defaults for what a rule leaves out', () => {
    assert.deepEqual(rulesOf(rule), [
      { from: 'a', key: '', to: 'b', quantity: '', kind: 'number', unit: '', min: undefined, max: undefined },
    ]);
    assert.deepEqual(parse({}).rules, []);
  });

  const refused: [string, unknown, RegExp][] = [
    ['no JSON', '[', /^Error: rules: must be a JSON list of rules, got "\["$/],
    ['no list', '{}', /^Error: rules: must be a JSON list of rules/],
    ['a list that is no text', [rule], /^Error: rules: must be a JSON list of rules/],
    ['a rule that is none', '[5]', /^Error: rules\[0\]: must be one of the rules, got 5$/],
    [
      'a rule without a topic',
      JSON.stringify([rule, { to: 'b' }]),
      /^Error: rules\[1\]\.from: must not be blank/,
    ],
    ['a rule that leads nowhere', '[{"from":"a"}]', /^Error: rules\[0\]\.to: must not be blank/],
    [
      'a limit that is none',
      JSON.stringify([{ ...rule, max: 'x' }]),
      /^Error: rules\[0\]\.max: must be a number, got "x"$/,
    ],
    [
      'a kind that is none',
      JSON.stringify([{ ...rule, kind: 'date' }]),
      /^Error: rules\[0\]\.kind: must be one of/,
    ],
  ];
  for (const [name, rules, message] of refused)
    it(`refuses ${name}`, () => assert.throws(() => parse({ rules }), message));
});
