import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asCommand, isRecord, lacks, readSignal, worst, type Quality } from '../../nodes/lib/signal.ts';

const reading = {
  value: undefined,
  quality: 'good',
  unit: undefined,
  timestamp: undefined,
  source: undefined,
};

describe('signal: readSignal', () => {
  const record = {
    topic: 'fish-tank/1',
    payload: { temperature: 21.5, level: null, ph: 7 },
    quality: 'bad',
    units: { temperature: 'Cel' },
    qualities: { temperature: 'good', level: 'bad' },
    timestamp: 1000,
    source: 'simulated',
  };
  const ofRecord = { ...reading, timestamp: 1000, source: 'simulated' };
  const cases: [string, object, string, object][] = [
    ['a bare number is good', { payload: 5 }, '', { ...reading, value: 5 }],
    ['0 is a value', { payload: 0 }, '', { ...reading, value: 0 }],
    ['false is a value', { payload: false }, '', { ...reading, value: false }],
    ['text is a value', { payload: 'idle' }, '', { ...reading, value: 'idle' }],
    ['null is bad', { payload: null }, '', { ...reading, value: null, quality: 'bad' }],
    ['nothing is bad', {}, '', { ...reading, quality: 'bad' }],
    [
      'NaN is bad, whatever it claims',
      { payload: NaN, quality: 'good' },
      '',
      { ...reading, value: NaN, quality: 'bad' },
    ],
    ['Infinity is bad', { payload: Infinity }, '', { ...reading, value: Infinity, quality: 'bad' }],
    ['a list is bad', { payload: [1] }, '', { ...reading, quality: 'bad' }],
    ['a record is no value by itself', { payload: { a: 1 } }, '', { ...reading, quality: 'bad' }],
    [
      'uncertain stays uncertain',
      { payload: 5, quality: 'uncertain' },
      '',
      { ...reading, value: 5, quality: 'uncertain' },
    ],
    ['a quality that is none counts as none', { payload: 5, quality: 'fine' }, '', { ...reading, value: 5 }],
    [
      'a full signal',
      { payload: 5, unit: 'Cel', timestamp: 9, source: 'measured', quality: 'good' },
      '',
      { value: 5, unit: 'Cel', timestamp: 9, source: 'measured', quality: 'good' },
    ],
    [
      'a timestamp that is none',
      { payload: 5, timestamp: '9', source: 'me', unit: 3 },
      '',
      { ...reading, value: 5 },
    ],
    ['a timestamp of NaN', { payload: 5, timestamp: NaN }, '', { ...reading, value: 5 }],
    ['a key of a record', record, 'temperature', { ...ofRecord, value: 21.5, unit: 'Cel' }],
    ['a bad key of a record', record, 'level', { ...ofRecord, value: null, quality: 'bad' }],
    [
      'a key without its own quality has that of the record',
      record,
      'ph',
      { ...ofRecord, value: 7, quality: 'bad' },
    ],
    ['a key that is not there', record, 'humidity', { ...ofRecord, quality: 'bad' }],
    ['a key that every object has', record, 'toString', { ...ofRecord, quality: 'bad' }],
    ['a key of something that is no record', { payload: 5 }, 'temperature', { ...reading, quality: 'bad' }],
  ];
  for (const [name, msg, quantity, expected] of cases)
    it(name, () => assert.deepEqual(readSignal({ ...msg }, quantity), expected));

  it('takes any message without throwing, and never calls a number good that is not finite', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('payload', 'quality', 'qualities', 'unit'), fc.anything()),
        (msg) => {
          for (const quantity of ['', 'a']) {
            const { value, quality } = readSignal(msg, quantity);
            if (typeof value === 'number' && !Number.isFinite(value)) assert.equal(quality, 'bad');
          }
        },
      ),
    );
  });
});

describe('signal: lacks', () => {
  const cases: [string, unknown, string, boolean][] = [
    ['a record without the key', { lux: 5 }, 'temperature', true],
    ['a key that every object has', { lux: 5 }, 'toString', true],
    ['a record with the key', { temperature: 20 }, 'temperature', false],
    ['a key without a value', { temperature: null }, 'temperature', false],
    ['something that is no record', 5, 'temperature', false],
    ['a record as a payload of its own', { lux: 5 }, '', false],
  ];
  for (const [name, payload, quantity, expected] of cases)
    it(name, () => assert.equal(lacks({ payload }, quantity), expected));
});

describe('signal: worst', () => {
  const cases: [Quality[], Quality][] = [
    [[], 'good'],
    [['good', 'good'], 'good'],
    [['good', 'uncertain'], 'uncertain'],
    [['bad', 'uncertain', 'good'], 'bad'],
  ];
  for (const [qualities, expected] of cases)
    it(`of [${qualities.join(', ')}] is ${expected}`, () => assert.equal(worst(...qualities), expected));

  it('does not depend on the order', () => {
    const quality = fc.constantFrom<Quality>('good', 'uncertain', 'bad');
    fc.assert(
      fc.property(fc.array(quality), (qualities) =>
        assert.equal(worst(...qualities), worst(...qualities.toReversed())),
      ),
    );
  });
});

describe('signal: asCommand and isRecord', () => {
  it('a command keeps its words and loses what only a measurement has', () => {
    const msg = {
      _msgid: 'm',
      topic: 'setpoint',
      payload: 25,
      user: 'ann',
      timestamp: 1,
      quality: 'good',
      qualities: {},
      unit: 'Cel',
      units: {},
      source: 'manual',
    };
    assert.equal(asCommand(msg), msg);
    assert.deepEqual(msg, { _msgid: 'm', topic: 'setpoint', payload: 25, user: 'ann' });
  });

  const cases: [string, unknown, boolean][] = [
    ['an object', {}, true],
    ['a list', [], false],
    ['null', null, false],
    ['text', 'x', false],
    ['nothing', undefined, false],
  ];
  for (const [name, value, expected] of cases)
    it(`${name} is ${expected ? 'a' : 'no'} record`, () => assert.equal(isRecord(value), expected));
});
