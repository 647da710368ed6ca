import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Sample } from '../../nodes/lib/store.ts';
import { encodeFrame, frameAt, FRAME_HEAD, frameLength } from '../../nodes/plant-database/outbox-codec.ts';
import {
  bytesOf,
  decodeSlots,
  encodeSlot,
  noLedger,
  rowsOf,
  segmentsToDrop,
  SLOT_BYTES,
  type Segment,
} from '../../nodes/plant-database/outbox-ledger.ts';

const anySample: fc.Arbitrary<Sample> = fc.record(
  {
    series: fc.string({ minLength: 1, unit: 'grapheme' }),
    timeline: fc.constantFrom('real', 'simulated'),
    timestamp: fc.nat({ max: 253_402_300_799_999 }),
    value: fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
      fc.boolean(),
      fc.string({ unit: 'grapheme' }),
      fc.constant(null),
    ),
    quality: fc.constantFrom('good', 'uncertain', 'bad'),
    source: fc.constantFrom('measured', 'simulated', 'manual'),
    unit: fc.constantFrom('', 'Cel', '%', 'µS/cm'),
  },
  { noNullPrototype: true },
);
const someSamples = fc.array(anySample, { minLength: 1, maxLength: 20 });

describe('outbox: frames', () => {
  it('what is read is what was written, whatever follows', () =>
    fc.assert(
      fc.property(someSamples, fc.uint8Array(), (samples, rest) => {
        const bytes = encodeFrame(samples, crc32);
        assert.equal(frameLength(bytes), bytes.length);
        const frame = frameAt(Buffer.concat([bytes, rest]), 0, crc32);
        assert.deepEqual(frame?.samples(), samples);
        assert.deepEqual([frame.end, frame.rows], [bytes.length, samples.length]);
      }),
    ));

  it('one that is torn is none, wherever it is torn', () =>
    fc.assert(
      fc.property(someSamples, fc.nat(), (samples, at) => {
        const bytes = encodeFrame(samples, crc32);
        assert.equal(frameAt(bytes.subarray(0, at % bytes.length), 0, crc32), undefined);
      }),
    ));

  it('one with a wrong bit is none', () =>
    fc.assert(
      fc.property(someSamples, fc.nat(), (samples, at) => {
        const bytes = encodeFrame(samples, crc32);
        const bit = at % (bytes.length * 8);
        bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        assert.equal(frameAt(bytes, 0, crc32), undefined);
      }),
    ));

  it('zeros, as a power cut leaves them, are none', () =>
    assert.equal(frameAt(new Uint8Array(100), 0, crc32), undefined));

  it('the head alone tells how much to read', () => {
    assert.equal(frameLength(new Uint8Array(FRAME_HEAD - 1)), 0);
    assert.equal(frameAt(new Uint8Array(FRAME_HEAD - 1), 0, crc32), undefined);
  });

  it('72 hours of ten messages a second fit into the outbox, each in a frame of its own', () => {
    const samples: Sample[] = [
      {
        series: 'fish-tank/1/temperature',
        timeline: 'simulated',
        timestamp: 1_767_225_600_123,
        value: 21.537_462_819_2,
        quality: 'uncertain',
        source: 'simulated',
        unit: 'Cel',
      },
    ];
    const bytes = 72 * 3600 * 10 * encodeFrame(samples, crc32).length;
    assert.ok(bytes < 0.5e9, `${bytes} bytes`);
  });
});

describe('outbox: what is dropped', () => {
  const segments = (...bytes: number[]): Segment[] =>
    bytes.map((size, number) => ({ number, rows: 10, bytes: size, taken: number === 0 ? 3 : 0, offset: 0 }));
  const cases: [string, number[], number, number, number[], number[]][] = [
    ['nothing while there is room', [100, 100], 100, 300, [], []],
    ['the oldest', [100, 100, 100], 1, 300, [], [0]],
    ['as many as it takes', [100, 100, 100, 100], 150, 300, [], [0, 1, 2]],
    ['not what is under way', [100, 100, 100], 1, 300, [0], [1]],
    ['nothing where nothing may', [100, 100], 500, 300, [0, 1], []],
  ];
  for (const [name, sizes, incoming, max, stays, expected] of cases)
    it(name, () => {
      const all = segments(...sizes);
      const kept = new Set(all.filter(({ number }) => stays.includes(number)));
      assert.deepEqual(
        segmentsToDrop(all, incoming, max, kept).map(({ number }) => number),
        expected,
      );
    });

  it('rows that the database has are no longer there', () => {
    assert.equal(rowsOf(segments(1, 1)), 17);
    assert.equal(bytesOf(segments(1, 2)), 3);
  });
});

describe('outbox: the ledger', () => {
  const ledger = { turn: 4, dropped: 12, given: 3, segment: 5, offset: 600, taken: 7 };
  const older = { ...ledger, turn: 3, dropped: 11 };
  const both = (): Uint8Array => Buffer.concat([encodeSlot(ledger, crc32), encodeSlot(older, crc32)]);

  it('the newer slot is right', () => {
    assert.deepEqual(decodeSlots(both(), crc32), ledger);
    assert.deepEqual(
      decodeSlots(Buffer.concat([encodeSlot(older, crc32), encodeSlot(ledger, crc32)]), crc32),
      ledger,
    );
  });
  it('of none nothing is known', () => {
    assert.deepEqual(decodeSlots(new Uint8Array(), crc32), noLedger);
    assert.deepEqual(decodeSlots(new Uint8Array(2 * SLOT_BYTES), crc32), noLedger);
  });
  it('the largest one fits', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const largest = { turn: most, dropped: most, given: most, segment: most, offset: most, taken: most };
    assert.equal(encodeSlot(largest, crc32).length, SLOT_BYTES);
  });
  it('a torn slot leaves the other one', () =>
    fc.assert(
      fc.property(fc.nat({ max: SLOT_BYTES - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const bytes = both();
        const before = bytes[at];
        bytes[at] = byte;
        const expected = byte === before || isBlank(bytes, at) ? ledger : older;
        assert.deepEqual(decodeSlots(bytes, crc32), expected);
      }),
    ));
  /** Blanks behind the text do not matter as long as they are blanks. */
  const isBlank = (bytes: Uint8Array, at: number): boolean =>
    new TextDecoder().decode(bytes.subarray(at, SLOT_BYTES)).trim() === '';
});
