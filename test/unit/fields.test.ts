import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  choiceField,
  configField,
  editorDefaults,
  flagField,
  numberField,
  optionalNumberField,
  parseFields,
  textField,
  type Field,
} from '../../nodes/lib/fields.ts';
import { shown } from '../../nodes/lib/number.ts';

const number = numberField(5, { min: 0, max: 10 });
const whole = numberField(1, { above: 0, integer: true });
const optional = optionalNumberField('', { min: 0 });
const choice = choiceField('on', ['on', 'off']);
const text = textField('tank');
const needed = textField('', { required: true });
const flag = flagField(true);
const config = configField('process-clock');

describe('fields: what the form stores, read once', () => {
  const cases: [string, Field<unknown>, unknown, unknown][] = [
    ['a number', number, '7.5', 7.5],
    ['a number that is one', number, 7.5, 7.5],
    ['a number in blanks', number, ' 7 ', 7],
    ['0 is a number', number, '0', 0],
    ['the limits are allowed', number, 10, 10],
    ['a number from before the field existed', number, undefined, 5],
    ['a whole number', whole, '3', 3],
    ['an optional number', optional, '3', 3],
    ['an optional 0', optional, '0', 0],
    ['an optional number that is blank', optional, '', undefined],
    ['an optional number that is null', optional, null, undefined],
    ['an optional number from before the field existed', optional, undefined, undefined],
    ['its default, where it has one', optionalNumberField(3), undefined, 3],
    ['blank, where it has a default', optionalNumberField(3), '', undefined],
    ['a choice', choice, 'off', 'off'],
    ['a choice from before the field existed', choice, undefined, 'on'],
    ['a text', text, ' fish ', 'fish'],
    ['a blank text', text, '', ''],
    ['a text from before the field existed', text, undefined, 'tank'],
    ['a flag', flag, false, false],
    ['"false" is false', flag, 'false', false],
    ['a flag from before the field existed', flag, undefined, true],
    ['a config node', config, 'a1b2', 'a1b2'],
    ['no config node', config, '', ''],
  ];
  for (const [name, field, raw, value] of cases)
    it(name, () => assert.equal(field.parse(raw, 'field'), value));
});

describe('fields: what is refused names the field and the value', () => {
  const cases: [Field<unknown>, unknown, string][] = [
    [number, '', 'field: must be a number of at least 0 and at most 10, got ""'],
    [number, null, 'field: must be a number of at least 0 and at most 10, got null'],
    [number, 'abc', 'field: must be a number of at least 0 and at most 10, got "abc"'],
    [number, '5x', 'field: must be a number of at least 0 and at most 10, got "5x"'],
    [number, -1, 'field: must be a number of at least 0 and at most 10, got -1'],
    [number, 10.1, 'field: must be a number of at least 0 and at most 10, got 10.1'],
    [number, NaN, 'field: must be a number of at least 0 and at most 10, got NaN'],
    [number, true, 'field: must be a number of at least 0 and at most 10, got true'],
    [whole, 0, 'field: must be a whole number above 0, got 0'],
    [whole, '1.5', 'field: must be a whole number above 0, got "1.5"'],
    [numberField(0, { max: 3 }), 4, 'field: must be a number of at most 3, got 4'],
    [numberField(1, { above: 0, max: 3 }), 4, 'field: must be a number above 0 and at most 3, got 4'],
    [numberField(1), 'x', 'field: must be a number, got "x"'],
    [optional, -1, 'field: must be a number of at least 0, got -1'],
    [optional, ' ', 'field: must be a number of at least 0, got " "'],
    [choice, 'maybe', 'field: must be one of on, off, got "maybe"'],
    [choice, '', 'field: must be one of on, off, got ""'],
    [text, 5, 'field: must be text, got 5'],
    [needed, undefined, 'field: must not be blank, got nothing'],
    [needed, '  ', 'field: must not be blank, got "  "'],
    [flag, 'perhaps', 'field: must be true or false, got "perhaps"'],
    [flag, '', 'field: must be true or false, got ""'],
    [config, 7, 'field: must be text, got 7'],
  ];
  for (const [field, raw, message] of cases)
    it(`${shown(raw)}: ${message}`, () => assert.throws(() => field.parse(raw, 'field'), { message }));
});

describe('fields: a table of them', () => {
  const fields = { name: text, limit: number, mode: choice, clock: config };

  it('is read whole; what the table does not name is left out', () => {
    assert.deepEqual(parseFields(fields, { id: 'n1', name: 'x', limit: '3', mode: 'off', clock: 'c' }), {
      name: 'x',
      limit: 3,
      mode: 'off',
      clock: 'c',
    });
  });

  it('of an old flow has its defaults', () => {
    assert.deepEqual(parseFields(fields, {}), { name: 'tank', limit: 5, mode: 'on', clock: '' });
  });

  it('names the first field that cannot be read', () => {
    assert.throws(() => parseFields(fields, { limit: 11, mode: 'x' }), /^Error: limit: .*got 11$/);
  });

  it('its defaults can be read: a node fresh from the palette works', () => {
    const defaults = Object.fromEntries(
      Object.entries(editorDefaults(fields)).map(([name, { value }]) => [name, value]),
    );
    assert.deepEqual(parseFields(fields, defaults), parseFields(fields, {}));
  });
});

describe('fields: the editor', () => {
  const { limit, clock, topic } = editorDefaults({ limit: number, clock: config, topic: needed });
  /** As the editor calls it: with a second parameter, or a sentence would count as valid. */
  const validate = (value: unknown): unknown => Reflect.apply(limit.validate ?? assert.fail, {}, [value, {}]);

  it('has the value, the config type and whether it is required', () => {
    const { value, type } = clock;
    assert.deepEqual(
      { value, type, required: topic.required },
      { value: '', type: 'process-clock', required: true },
    );
    assert.equal(limit.validate?.length, 2);
    assert.equal('validate' in clock, false);
  });

  it('an environment variable is for the runtime to read', () => {
    assert.equal(validate('${LIMIT}'), true);
    assert.notEqual(validate('${}'), true);
  });

  it('accepts what the runtime accepts, and refuses the rest with its sentence', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constantFrom('0', '10', '10.1', '', null)),
        (value) => {
          let expected: unknown = true;
          try {
            number.parse(value, 'limit');
          } catch (cause) {
            expected = cause instanceof Error ? cause.message : cause;
          }
          assert.equal(validate(value), expected);
        },
      ),
    );
  });
});
