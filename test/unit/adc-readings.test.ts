import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  accept,
  begin,
  countOf,
  disconnect,
  silence,
  silentAt,
  type Dropped,
  type Memory,
  type Result,
  type Settings,
} from '../../nodes/adc-input/readings.ts';

const settings: Settings = { fullScale: 1023, silenceMs: 300 };
const short = ({ reason, text, count }: Dropped): string =>
  `${reason}: ${text}${count > 1 ? ` x${count}` : ''}`;

/** [ms, chunk (undefined: nothing comes), expected reading, expected drops] */
type Row = readonly [number, string | undefined, number | undefined, ...string[]];
const run = (rows: readonly Row[], session?: string): Memory => {
  let memory = begin();
  for (const [at, chunk, expected, ...drops] of rows) {
    const result: Result =
      chunk === undefined ? silence(settings, memory, at) : accept(settings, memory, session, chunk, at);
    ({ memory } = result);
    assert.deepEqual([at, result.count, ...result.dropped.map(short)], [at, expected, ...drops]);
  }
  return memory;
};

describe('adc-input: readings', () => {
  it('takes a line at once, in whatever pieces it comes', () => {
    const memory = run([
      [0, '512\n', 512],
      [2000, '51', undefined],
      [2001, '3\r', undefined],
      [9000, '\n', 513],
      [9001, '\r\n\n', undefined],
      [9002, '0\n', 0],
      [9003, '1023\n10', 1023],
    ]);
    assert.equal(silentAt(settings, memory), undefined, 'framed for good: silence ends nothing');
  });

  it('takes text without a newline once the line is silent', () => {
    run([
      [0, '12', undefined],
      [10, '3', undefined],
      [309, undefined, undefined],
      [310, undefined, 123],
      [2000, '7', undefined],
      [4000, '8', 7],
      [4300, undefined, 8],
    ]);
    assert.equal(silentAt(settings, accept(settings, begin(), 'a', '1', 50).memory), 350);
  });

  it('drops what two readings run together look like', () => {
    run([
      [0, '512513', undefined],
      [300, undefined, undefined, 'too many digits: 512513'],
      [400, '5120', undefined],
      [700, undefined, undefined, 'above full scale: 5120'],
      [800, '00', undefined],
      [1100, undefined, undefined, 'leading zero: 00'],
      [
        1200,
        '1024\n512512\n012\n1023\n',
        1023,
        'above full scale: 1024',
        'too many digits: 512512',
        'leading zero: 012',
      ],
    ]);
  });

  it('of a backlog only the newest counts', () => {
    run([
      [0, '1\n2\nx\n3\n4', 3, 'backlog: 1 x2', 'not a number: x'],
      [1, '\n', 4],
    ]);
  });

  it('a newline makes the connection one with newlines, and what was under way is its first line', () => {
    run([
      [0, '51', undefined],
      [100, '2\n6', 512],
      [5000, '4\n', 64],
    ]);
  });

  for (const text of ['abc', '-1', '1e2', '0x10', '5.0', '5 1', '٣', '+7', 'NaN'])
    it(`${text} is no number`, () => assert.equal(countOf(text, 1023), 'not a number'));

  it('drops junk up to the next newline, or silence where there is none', () => {
    const junk = 'x'.repeat(70);
    run([
      [0, '1\n', 1],
      [1, junk, undefined, `too long: ${junk.slice(0, 60)}`],
      [2, junk, undefined],
      [3, '9\n8\n', 8],
    ]);
    const memory = run([
      [0, '1'.repeat(65), undefined, `too long: ${'1'.repeat(60)}`],
      [299, '55', undefined],
      [599, undefined, undefined],
      [600, '77', undefined],
      [900, undefined, 77],
    ]);
    assert.equal(memory.text, '');
  });

  it('a new connection begins afresh', () => {
    let { memory } = accept(settings, begin(), 'a', '1\n51', 0);
    const next = accept(settings, memory, 'b', '2', 1);
    assert.deepEqual([next.count, ...next.dropped.map(short)], [undefined, 'incomplete: 51']);
    ({ memory } = next);
    assert.equal(silence(settings, memory, 301).count, 2, 'the new one has not used a newline');
    const gone = disconnect(settings, memory);
    assert.deepEqual([gone.memory, ...gone.dropped.map(short)], [begin(), 'incomplete: 2']);
  });

  it('finds the same readings, however the bytes are cut (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom('\n', '\r\n'),
        (readings, cuts, end) => {
          const text = readings.map((reading) => `${reading}${end}`).join('');
          let memory = begin();
          let newest: number | undefined;
          let found = 0;
          for (let at = 0, cut = 0; at < text.length; cut++) {
            const length = cuts[cut % cuts.length] ?? 1;
            const result = accept(settings, memory, 'a', text.slice(at, at + length), at);
            ({ memory } = result);
            if (result.count !== undefined) found++;
            newest = result.count ?? newest;
            for (const { reason, count } of result.dropped) {
              assert.equal(reason, 'backlog');
              found += count;
            }
            at += length;
          }
          assert.deepEqual([newest, found], [readings.at(-1), readings.length]);
        },
      ),
    );
  });

  it('never gives a reading of its own invention, and forgets what it need not know (property)', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.string({
        unit: fc.constantFrom('0', '1', '2', '5', '9', '\r', '\n', ' ', 'x', '-'),
        maxLength: 200,
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(piece, fc.nat(500), fc.constantFrom('a', 'b', undefined)), { maxLength: 40 }),
        (pieces) => {
          let memory = begin();
          let now = 0;
          for (const [text, pass, session] of pieces) {
            now += pass;
            for (const result of [
              silence(settings, memory, now),
              accept(settings, memory, session, text, now),
            ]) {
              const { count = 0, dropped } = result;
              assert.ok(Number.isInteger(count) && count >= 0 && count <= 1023);
              assert.ok(result.memory.text.length <= 64 && dropped.length <= 7);
              for (const drop of dropped) assert.ok(drop.text.length <= 60 && drop.count > 0);
              ({ memory } = result);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
