import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  MAX_SAMPLES,
  MAX_TIMESTAMP,
  samplesOf,
  type SampleDefaults,
} from '../../nodes/history-write/samples.ts';
import type { Sample } from '../../nodes/lib/store.ts';

const NOW = Date.UTC(2026, 0, 1);
const defaults: SampleDefaults = { topic: '', timestamp: NOW, source: 'measured', timeline: 'auto' };
const sample = (change: Partial<Sample> = {}): Sample => ({
  series: 'fish-tank/1/temperature',
  timeline: 'real',
  timestamp: NOW,
  value: 21.5,
  quality: 'good',
  source: 'measured',
  unit: '',
  ...change,
});
const topic = 'fish-tank/1/temperature';

describe('samples: what a message stands for', () => {
  const cases: [string, object, readonly Partial<Sample>[], Partial<SampleDefaults>?][] = [
    ['a bare number', { topic, payload: 21.5 }, [{}]],
    [
      'a full signal',
      { topic, payload: 21.5, timestamp: 5, quality: 'uncertain', unit: 'Cel', source: 'simulated' },
      [{ timestamp: 5, quality: 'uncertain', unit: 'Cel', source: 'simulated', timeline: 'simulated' }],
    ],
    ['0 is a value', { topic, payload: 0 }, [{ value: 0 }]],
    ['-0 is 0', { topic, payload: -0 }, [{ value: 0 }]],
    ['a boolean', { topic, payload: false }, [{ value: false }]],
    ['a text', { topic, payload: 'growing' }, [{ value: 'growing' }]],
    ['null is bad', { topic, payload: null, quality: 'good' }, [{ value: null, quality: 'bad' }]],
    ['NaN is null and bad', { topic, payload: NaN }, [{ value: null, quality: 'bad' }]],
    ['-Infinity is null and bad', { topic, payload: -Infinity }, [{ value: null, quality: 'bad' }]],
    ['a bad value keeps its value', { topic, payload: 99, quality: 'bad' }, [{ value: 99, quality: 'bad' }]],
    ['a quality that is none is good', { topic, payload: 1, quality: 'fine' }, [{ value: 1 }]],
    ['a unit that is no text is none', { topic, payload: 1, unit: 3 }, [{ value: 1 }]],
    ['a fraction of a ms', { topic, payload: 21.5, timestamp: 5.6 }, [{ timestamp: 6 }]],
    [
      'the last ms there is',
      { topic, payload: 21.5, timestamp: MAX_TIMESTAMP },
      [{ timestamp: MAX_TIMESTAMP }],
    ],
    ['no topic', { payload: 21.5 }, [{}], { topic }],
    ['a blank topic', { topic: '', payload: 21.5 }, [{}], { topic }],
    ['no time', { topic, payload: 21.5, timestamp: undefined }, [{ timestamp: 7 }], { timestamp: 7 }],
    [
      'no source by a simulated clock',
      { topic, payload: 21.5 },
      [{ source: 'simulated', timeline: 'simulated' }],
      { source: 'simulated' },
    ],
    [
      'its own source by a simulated clock',
      { topic, payload: 21.5, source: 'manual' },
      [{ source: 'manual' }],
      { source: 'simulated' },
    ],
    ['a source that is none', { topic, payload: 21.5, source: 'me' }, [{ source: 'measured' }]],
    [
      'a timeline that is told',
      { topic, payload: 21.5, source: 'manual' },
      [{ source: 'manual', timeline: 'simulated' }],
      { timeline: 'simulated' },
    ],
    [
      'a record',
      {
        topic: 'fish-tank/1',
        payload: { temperature: 21.5, ph: null, heater: true, lux: NaN, flow: undefined },
        timestamp: 9,
        quality: 'uncertain',
        qualities: { temperature: 'good' },
        units: { temperature: 'Cel' },
        unit: '%',
      },
      [
        { timestamp: 9, unit: 'Cel' },
        { timestamp: 9, series: 'fish-tank/1/ph', value: null, quality: 'bad', unit: '%' },
        { timestamp: 9, series: 'fish-tank/1/heater', value: true, quality: 'uncertain', unit: '%' },
        { timestamp: 9, series: 'fish-tank/1/lux', value: null, quality: 'bad', unit: '%' },
        { timestamp: 9, series: 'fish-tank/1/flow', value: null, quality: 'bad', unit: '%' },
      ],
    ],
    [
      'a record without a prototype',
      { topic: 'fish-tank/1', payload: Object.assign(Object.create(null), { temperature: 21.5 }) },
      [{}],
    ],
    [
      'names of Object.prototype are names',
      { topic: 'fish-tank/1', payload: { constructor: 1, toString: 2 }, units: {}, qualities: {} },
      [
        { series: 'fish-tank/1/constructor', value: 1 },
        { series: 'fish-tank/1/toString', value: 2 },
      ],
    ],
    [
      'one quantity of a record',
      { topic: 'fish-tank/1', payload: { ph: 7, temperature: 21.5 } },
      [{}],
      { quantity: 'temperature' },
    ],
    [
      'a record without the quantity',
      { topic: 'fish-tank/1', payload: { ph: 7 } },
      [],
      { quantity: 'temperature' },
    ],
    ['a value where a quantity is wanted', { topic, payload: 7 }, [], { quantity: 'temperature' }],
    ['an empty array', { topic, payload: [] }, []],
    [
      'an array of messages: what they do not say, the message says',
      {
        topic,
        timestamp: 5,
        unit: 'Cel',
        source: 'simulated',
        payload: [
          { payload: 1 },
          { payload: 2, timestamp: 6, topic: 'a', unit: 'K', quality: 'bad', source: 'manual' },
          { payload: { temperature: 3 }, topic: 'fish-tank/1', units: { temperature: 'Cel' } },
        ],
      },
      [
        { value: 1, timestamp: 5, unit: 'Cel', source: 'simulated', timeline: 'simulated' },
        { series: 'a', value: 2, timestamp: 6, unit: 'K', quality: 'bad', source: 'manual' },
        { value: 3, timestamp: 5, unit: 'Cel', source: 'simulated', timeline: 'simulated' },
      ],
    ],
    [
      'an array of records with a time each',
      {
        topic: 'fish-tank/1',
        units: { temperature: 'Cel' },
        payload: [
          { timestamp: 1, temperature: 1 },
          { temperature: 2, timestamp: 2 },
        ],
      },
      [
        { value: 1, timestamp: 1, unit: 'Cel' },
        { value: 2, timestamp: 2, unit: 'Cel' },
      ],
    ],
    [
      'a timestamp is a quantity of a record that is no element of an array',
      { topic: 'a', payload: { timestamp: 3 } },
      [{ series: 'a/timestamp', value: 3 }],
    ],
  ];
  for (const [name, msg, expected, change] of cases)
    it(name, () =>
      assert.deepEqual(
        samplesOf(msg as Record<string, unknown>, { ...defaults, ...change }),
        expected.map((one) => sample(one)),
      ),
    );

  it('the longest name and the longest text', () => {
    const [{ series, value } = sample()] = samplesOf(
      { topic: 'x'.repeat(250), payload: 'y'.repeat(1000) },
      defaults,
    );
    assert.deepEqual([series.length, String(value).length], [250, 1000]);
  });
});

describe('samples: what is refused', () => {
  const cases: [string, object, string][] = [
    ['no topic', { payload: 1 }, 'topic: must name the series, got nothing'],
    ['a topic that is no text', { topic: 3, payload: 1 }, 'topic: must be text, got 3'],
    [
      'a wildcard',
      { topic: 'a/+/b', payload: 1 },
      `topic: the series' name must have no wildcard (+ or #), got "a/+/b"`,
    ],
    [
      'a wildcard in a key',
      { topic: 'a', payload: { '#': 1 } },
      `topic: the series' name must have no wildcard (+ or #), got "a/#"`,
    ],
    [
      'a control character',
      { topic: 'a\n', payload: 1 },
      `topic: the series' name must be plain text, got "a\\n"`,
    ],
    [
      'half a character',
      { topic: 'a\ud800', payload: 1 },
      `topic: the series' name must be plain text, got "a\\ud800"`,
    ],
    [
      'a blank at the end',
      { topic: 'a ', payload: 1 },
      `topic: the series' name must not begin or end with a blank, got "a "`,
    ],
    [
      'a name that is too long',
      { topic: 'x'.repeat(251), payload: 1 },
      `topic: the series' name must have at most 250 characters, got "${'x'.repeat(59)}`,
    ],
    ['no payload', { topic }, 'payload: must be a number, true or false, text or null, got nothing'],
    [
      'a function',
      { topic, payload: () => 1 },
      'payload: must be a number, true or false, text or null, got function',
    ],
    [
      'a big integer',
      { topic, payload: 5n },
      'payload: must be a number, true or false, text or null, got 5',
    ],
    [
      'an object in a record',
      { topic, payload: { a: { b: 1 } } },
      'payload.a: must be a number, true or false, text or null, got {"b":1}',
    ],
    ['an empty record', { topic, payload: {} }, 'payload: must have values, got {}'],
    ['a date', { topic, payload: new Date(0) }, 'payload: must have values, got "1970-01-01T00:00:00.000Z"'],
    [
      'bytes',
      { topic, payload: Buffer.from('1') },
      'payload: must be a number, true or false, text or null, got {"type":"Buffer","data":[49]}',
    ],
    [
      'a long text',
      { topic, payload: 'z'.repeat(1001) },
      'payload: must have at most 1000 characters, got 1001 ("zzzzzzzzzzzzzzzzzzzz"…)',
    ],
    [
      'a NUL in a text',
      { topic, payload: 'a\0' },
      'payload: must be text without NUL and broken characters, got "a\\u0000"',
    ],
    [
      'a time that is text',
      { topic, payload: 1, timestamp: '5' },
      'timestamp: must be ms since the epoch, before the year 10000, got "5"',
    ],
    [
      'a negative time',
      { topic, payload: 1, timestamp: -1 },
      'timestamp: must be ms since the epoch, before the year 10000, got -1',
    ],
    [
      'a time of NaN',
      { topic, payload: 1, timestamp: NaN },
      'timestamp: must be ms since the epoch, before the year 10000, got NaN',
    ],
    [
      'a time in µs',
      { topic, payload: 1, timestamp: 1.7e15 },
      'timestamp: must be ms since the epoch, before the year 10000, got 1700000000000000',
    ],
    [
      'a unit that is too long',
      { topic, payload: 1, unit: 'u'.repeat(33) },
      `unit: must be plain text of at most 32 characters, got "${'u'.repeat(33)}"`,
    ],
    [
      'a unit of a key',
      { topic, payload: { a: 1 }, units: { a: 'm\n' } },
      'units.a: must be plain text of at most 32 characters, got "m\\n"',
    ],
    [
      'a number in an array',
      { topic, payload: [1] },
      'payload[0]: must be a message, or a record with its own timestamp, got 1',
    ],
    [
      'an array in an array',
      { topic, payload: [[1]] },
      'payload[0]: must be a message, or a record with its own timestamp, got [1]',
    ],
    [
      'an array in a message in an array',
      { topic, payload: [{ payload: [1] }] },
      'payload[0].payload: must be a number, true or false, text or null, got [1]',
    ],
    [
      'a time in an array',
      { topic, payload: [{ payload: 1, timestamp: -2 }] },
      'payload[0].timestamp: must be ms since the epoch, before the year 10000, got -2',
    ],
    [
      'a value in a record in an array',
      { topic, payload: [{ a: 1 }, { a: [], timestamp: 1 }] },
      'payload[1].a: must be a number, true or false, text or null, got []',
    ],
    [
      'a record in an array with a time only',
      { topic, payload: [{ timestamp: 1 }] },
      'payload[0]: must have values, got {"timestamp":1}',
    ],
    [
      'a topic in an array',
      { payload: [{ payload: 1, topic: '+' }] },
      `payload[0].topic: the series' name must have no wildcard (+ or #), got "+"`,
    ],
  ];
  for (const [name, msg, message] of cases)
    it(name, () => assert.throws(() => samplesOf(msg as Record<string, unknown>, defaults), { message }));

  it('more than may wait in memory', () =>
    assert.throws(
      () =>
        samplesOf(
          {
            topic,
            payload: Array.from({ length: MAX_SAMPLES + 1 }, (_, timestamp) => ({ payload: 1, timestamp })),
          },
          defaults,
        ),
      { message: 'payload: must have at most 50000 values, got more' },
    ));
});

describe('samples: whatever comes', () => {
  it('is refused with words or is a row every database can hold', () =>
    fc.assert(
      fc.property(
        fc.record(
          {
            topic: fc.oneof(fc.string(), fc.anything()),
            payload: fc.anything({ withDate: true, withBigInt: true }),
            timestamp: fc.oneof(fc.double(), fc.anything()),
            unit: fc.anything(),
            units: fc.anything(),
            qualities: fc.anything(),
            source: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (msg) => {
          let samples: Sample[];
          try {
            samples = samplesOf(msg, { ...defaults, topic: 'x' });
          } catch (cause) {
            assert.ok(
              cause instanceof Error && /^(topic|payload|timestamp|units?)\b.*: /s.test(cause.message),
              String(cause),
            );
            return;
          }
          for (const { series, timestamp, value, quality, unit } of samples) {
            assert.ok(
              series.length > 0 && series.length <= 250 && series.isWellFormed() && !/[+#\0]/.test(series),
            );
            assert.ok(Number.isInteger(timestamp) && timestamp >= 0 && timestamp <= MAX_TIMESTAMP);
            assert.ok(value !== null || quality === 'bad');
            assert.ok(typeof value !== 'number' || Number.isFinite(value));
            assert.ok(typeof value !== 'string' || (value.length <= 1000 && value.isWellFormed()));
            assert.ok(unit.length <= 32);
          }
        },
      ),
      { numRuns: 2000 },
    ));

  it('a flood of names is no flood of memory: each is still itself', () => {
    for (let turn = 0; turn < 2; turn++)
      for (let name = 0; name < 30_000; name++)
        assert.equal(
          samplesOf({ topic: `flood/${name}`, payload: { a: 1 } }, defaults)[0]?.series,
          `flood/${name}/a`,
        );
  });
});
