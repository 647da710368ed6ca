import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parsePatterns, parseQuery } from '../../nodes/history-query/query.ts';

describe('history-query: what a query says', () => {
  const lists: readonly [raw: unknown, wanted: readonly string[]][] = [
    ['fish-tank/1/temperature', ['fish-tank/1/temperature']],
    ['a/b, c/d\n\n e/f ,', ['a/b', 'c/d', 'e/f']],
    ['a\r\nb', ['a', 'b']],
    ['a, a', ['a']],
    [
      ['with, comma', 'fish-tank/#'],
      ['with, comma', 'fish-tank/#'],
    ],
    ['+/1/#', ['+/1/#']],
    ['#', ['#']],
    ['', []],
    [[], []],
    [undefined, []],
    ["Robert'); DROP TABLE series;--", ["Robert'); DROP TABLE series;--"]],
  ];
  for (const [raw, wanted] of lists)
    it(`series ${JSON.stringify(raw)}`, () => assert.deepEqual(parsePatterns(raw, 'series'), wanted));

  const refused: readonly [raw: unknown, shown: string][] = [
    ['fish#', '"fish#"'],
    ['a/#/b', '"a/#/b"'],
    ['a+/b', '"a+/b"'],
    ['##', '"##"'],
    ['fine, a\u0000b', String.raw`" a\u0000b"`],
    [['a', 5], '5'],
    [5, '5'],
    [{}, '{}'],
    [null, 'null'],
    ['x'.repeat(513), `"${'x'.repeat(59)}`],
    [Array.from({ length: 51 }, (_, index) => `s${index}`), '51'],
  ];
  for (const [raw, shown] of refused)
    it(`refuses ${shown}`, () =>
      assert.throws(
        () => parsePatterns(raw, 'series'),
        (cause: Error) =>
          cause.message.startsWith('series: must be ') && cause.message.endsWith(`, got ${shown}`),
      ));

  it('has its defaults', () =>
    assert.deepEqual(parseQuery({}), {
      series: [],
      timeline: 'any',
      from: { kind: 'ago', ms: 86_400_000 },
      to: undefined,
      points: 1000,
      tz: 0,
      qualities: false,
    }));

  for (const [field, raw, words] of [
    ['points', 0, 'points: must be a whole number of at least 1 and at most 5000, got 0'],
    ['points', '5001', 'points: must be a whole number of at least 1 and at most 5000, got "5001"'],
    ['points', '1e9', 'points: must be a whole number of at least 1 and at most 5000, got "1e9"'],
    ['points', 'many', 'points: must be a whole number of at least 1 and at most 5000, got "many"'],
    ['tz', 841, 'tz: must be a whole number of at least -840 and at most 840, got 841'],
    ['tz', 'CET', 'tz: must be a whole number of at least -840 and at most 840, got "CET"'],
    ['timeline', 'both', 'timeline: must be one of any, real, simulated, got "both"'],
    ['qualities', 'maybe', 'qualities: must be true or false, got "maybe"'],
  ] as const)
    it(`refuses ${field} ${raw}`, () =>
      assert.throws(() => parseQuery({ [field]: raw }), { message: words }));

  it('whatever is asked is understood, or refused with the name of a field', () =>
    fc.assert(
      fc.property(
        fc.record(
          {
            series: fc.anything(),
            timeline: fc.anything(),
            from: fc.anything(),
            to: fc.anything(),
            points: fc.anything(),
            tz: fc.anything(),
            qualities: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (raw) => {
          try {
            parseQuery(raw);
          } catch (cause) {
            assert.match(
              (cause as Error).message,
              /^(series|timeline|from|to|points|tz|qualities): (must .+, got .+)/s,
            );
          }
        },
      ),
    ));
});
