import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clamp, parseBoolean, parseNumber, shown } from '../../nodes/lib/number.ts';

describe('number: parseNumber', () => {
  const cases: [unknown, number | undefined][] = [
    [0, 0],
    [-1.5, -1.5],
    ['0', 0],
    [' 21.5 ', 21.5],
    ['-3', -3],
    ['+3', 3],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['-0.0', -0],
    [NaN, undefined],
    [Infinity, undefined],
    ['', undefined],
    ['  ', undefined],
    ['.', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['1e999', undefined],
    ['0x10', undefined],
    ['12abc', undefined],
    ['1 2', undefined],
    ['1,5', undefined],
    ['--1', undefined],
    ['１２', undefined],
    [true, undefined],
    [null, undefined],
    [undefined, undefined],
    [[5], undefined],
    [{ valueOf: () => 5 }, undefined],
  ];
  for (const [raw, value] of cases)
    it(`${shown(raw)} is ${value ?? 'no number'}`, () => assert.equal(parseNumber(raw), value));

  it('reads back every number as JavaScript writes it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(parseNumber(String(value)), value + 0 === 0 ? 0 : value);
      }),
    );
  });

  it('never gives anything but a finite number or undefined', () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        const value = parseNumber(raw);
        assert.ok(value === undefined || Number.isFinite(value));
      }),
    );
  });
});

describe('number: parseBoolean', () => {
  const cases: [unknown, boolean | undefined][] = [
    [true, true],
    [false, false],
    ['true', true],
    ['True', true],
    [' ON ', true],
    ['1', true],
    [1, true],
    ['false', false],
    ['off', false],
    ['0', false],
    [0, false],
    ['', undefined],
    ['yes', undefined],
    [2, undefined],
    [null, undefined],
    [undefined, undefined],
    [{}, undefined],
  ];
  for (const [raw, value] of cases)
    it(`${shown(raw)} is ${value ?? 'neither'}`, () => assert.equal(parseBoolean(raw), value));
});

describe('number: shown', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const cases: [string, unknown, string][] = [
    ['nothing', undefined, 'nothing'],
    ['null', null, 'null'],
    ['text', 'abc', '"abc"'],
    ['a number', 1.5, '1.5'],
    ['a number that JSON has no word for', NaN, 'NaN'],
    ['a boolean', false, 'false'],
    ['a big integer', 12n, '12'],
    ['a list', [1, 'a'], '[1,"a"]'],
    ['a function', () => {}, 'function'],
    ['a symbol', Symbol('x'), 'symbol'],
    ['an object that contains itself', circle, 'an object'],
    ['an object with a big integer', { a: 1n }, 'an object'],
  ];
  for (const [name, value, text] of cases) it(name, () => assert.equal(shown(value), text));

  it('is short and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => {
        assert.equal(typeof shown(value), 'string');
      }),
    );
    assert.equal(shown('x'.repeat(1000)).length, 60);
  });
});

describe('number: clamp', () => {
  it('stays within its limits and leaves what is inside alone', () => {
    const finite = fc.double({ noNaN: true });
    fc.assert(
      fc.property(finite, finite, finite, (value, a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const result = clamp(value, min, max);
        assert.ok(result >= min && result <= max);
        if (value >= min && value <= max) assert.equal(result + 0, value + 0);
      }),
    );
  });
});
