import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createIngest, samplesOfText, type Ingest } from '../../nodes/embedded-broker/ingest.ts';
import type { Sample } from '../../nodes/lib/store.ts';

const NOW = 1_000_000;
const sample = (series: string, value: Sample['value'], more: Partial<Sample> = {}): Sample => ({
  series,
  timeline: 'real',
  timestamp: NOW,
  value,
  quality: 'good',
  source: 'measured',
  unit: '',
  ...more,
});

describe('ingest', () => {
  describe('reads a payload', () => {
    const cases: [string, string, Sample[]][] = [
      ['a bare number', '21.5', [sample('t', 21.5)]],
      ['a number as people write it', ' +.5\n', [sample('t', 0.5)]],
      ['true', 'true', [sample('t', true)]],
      ['text', '"open"', [sample('t', 'open')]],
      ['null, which is bad', 'null', [sample('t', null, { quality: 'bad' })]],
      [
        'a message',
        '{"payload":21.5,"timestamp":5,"quality":"uncertain","unit":"Cel","source":"simulated"}',
        [
          sample('t', 21.5, {
            timestamp: 5,
            quality: 'uncertain',
            unit: 'Cel',
            source: 'simulated',
            timeline: 'simulated',
          }),
        ],
      ],
      ['a value', '{"value":21.5,"unit":"Cel"}', [sample('t', 21.5, { unit: 'Cel' })]],
      ['a record', '{"a":1,"b":2}', [sample('t/a', 1), sample('t/b', 2)]],
      ['a record with its time', '{"a":1,"timestamp":7}', [sample('t/a', 1, { timestamp: 7 })]],
      [
        'a record with units and qualities',
        '{"payload":{"a":1,"b":2},"units":{"a":"V"},"qualities":{"b":"bad"}}',
        [sample('t/a', 1, { unit: 'V' }), sample('t/b', 2, { quality: 'bad' })],
      ],
      [
        'an array of messages, values and records',
        '[{"payload":1,"timestamp":1},{"value":2,"timestamp":2},{"a":3,"timestamp":3}]',
        [
          sample('t', 1, { timestamp: 1 }),
          sample('t', 2, { timestamp: 2 }),
          sample('t/a', 3, { timestamp: 3 }),
        ],
      ],
    ];
    for (const [what, text, samples] of cases)
      it(`that is ${what}`, () => {
        assert.deepEqual(samplesOfText('t', text, NOW), samples);
        assert.deepEqual(samplesOfText('t', Buffer.from(text), NOW), samples);
      });

    const refused: [string, string | Uint8Array, RegExp][] = [
      ['nothing', '', /payload: must be JSON or a number/],
      ['text that only starts like a number', '21 degC', /payload: must be JSON or a number, got "21 degC"/],
      ['half a message', '{"payload":', /payload: must be JSON/],
      ['bytes', Uint8Array.of(0xff, 0xfe), /payload: must be text in UTF-8/],
      ['an object in an object', '{"payload":{"a":{"b":1}}}', /payload\.a: must be a number/],
      ['a time that is text', '{"value":1,"timestamp":"now"}', /timestamp: must be ms/],
      ['numbers in an array', '[1,2]', /payload\[0\]: must be a message/],
      ['an empty record', '{}', /must have values/],
    ];
    for (const [what, payload, message] of refused)
      it(`but not ${what}`, () => assert.throws(() => samplesOfText('t', payload, NOW), message));

    it('of any bytes: samples or an error that names the property', () => {
      fc.assert(
        fc.property(fc.oneof(fc.json(), fc.string(), fc.uint8Array()), (payload) => {
          try {
            for (const { series, timestamp } of samplesOfText('t', payload, NOW))
              assert.ok(series !== '' && Number.isInteger(timestamp));
          } catch (cause) {
            assert.match((cause as Error).message, /^(payload|topic|timestamp|units?)\b[^]*: /);
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  describe('of a broker', () => {
    const start = (fails?: Error): Ingest & { readonly stored: Sample[]; readonly lines: string[] } => {
      const stored: Sample[] = [];
      const lines: string[] = [];
      const ingest = createIngest(
        { topics: ['history/#', 'also/+'], prefix: 'history/', timeoutMs: 1 },
        {
          write: async (samples) => {
            if (fails) throw fails;
            stored.push(...samples);
          },
          warn: (text) => lines.push(text),
          now: () => NOW,
        },
      );
      return { ...ingest, stored, lines };
    };
    const all = (): boolean => true;

    it('leaves other topics alone', () => {
      assert.equal(start().accept('OLP/device/x', '1', all), undefined);
    });

    it('names the series by the topic without the prefix', async () => {
      const { accept, stored } = start();
      await accept('history/tank/1', '1', all);
      await accept('also/x', '2', all);
      assert.deepEqual(
        stored.map(({ series }) => series),
        ['tank/1', 'also/x'],
      );
    });

    it('keeps values apart that come in one ms without a time', async () => {
      const { accept, stored } = start();
      for (const text of ['1', '2', '3']) await accept('history/a', text, all);
      await accept('history/b', '4', all);
      assert.deepEqual(
        stored.map(({ timestamp }) => timestamp - NOW),
        [0, 1, 2, 0],
      );
    });

    it('goes by a clock that has been set back', async () => {
      let time = NOW;
      const stored: number[] = [];
      const { accept } = createIngest(
        { topics: ['history/#'], prefix: 'history/', timeoutMs: 1000 },
        {
          write: async (samples) => void stored.push(...samples.map(({ timestamp }) => timestamp)),
          warn: assert.fail,
          now: () => time,
        },
      );
      await accept('history/a', '1', all);
      time -= 2;
      await accept('history/a', '2', all);
      time -= 60_000;
      for (const text of ['3', '4']) await accept('history/a', text, all);
      assert.deepEqual(
        stored.map((timestamp) => timestamp - NOW),
        [0, 1, -60_002, -60_001],
      );
    });

    it('stores for other series only what the sender may write', async () => {
      const { accept, stored, facts, lines } = start();
      const own = (topic: string): boolean => topic.startsWith('history/mine');
      const body = (topic: string): string => JSON.stringify([{ topic, payload: { a: 1 } }]);
      await accept('history/mine/x', body('mine/y'), own);
      await accept('history/mine/x', body('theirs/y'), own);
      await accept('also/x', body('elsewhere'), (topic) => !topic.startsWith('history/else'));
      assert.deepEqual(
        stored.map(({ series }) => series),
        ['mine/y/a'],
      );
      assert.equal(facts().refused, 2);
      assert.match(
        lines[0] ?? '',
        /"history\/mine\/x": topic: must be one the sender may write, got "theirs/,
      );
    });

    it('takes what it cannot read, counts it and says so', async () => {
      const { accept, facts, lines } = start();
      await accept('history/a', 'x', all);
      await accept('history/', '1', all);
      assert.deepEqual(facts(), { ingested: 0, refused: 2, unstored: 0, failing: undefined });
      assert.match(lines.join('\n'), /"history\/a": payload: must be JSON.*\n.*topic: must name the series/);
    });

    it('does not take what cannot be stored', async () => {
      const { accept, facts } = start(new Error('disk full'));
      await assert.rejects(Promise.resolve(accept('history/a', '1', all)), /disk full/);
      assert.deepEqual(facts(), { ingested: 0, refused: 0, unstored: 1, failing: 'disk full' });
    });
  });
});
