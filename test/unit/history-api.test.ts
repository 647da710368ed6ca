import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fileName, jsonList } from '../../nodes/history-api/download.ts';
import { createTurnstile } from '../../nodes/history-api/turnstile.ts';
import type { SeriesInfo } from '../../nodes/lib/store.ts';

describe('history-api: how many at once', () => {
  it('never more than the limits, and whoever leaves makes room once', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean(), fc.boolean()), { maxLength: 200 }),
        (perClient, overall, steps) => {
          const turnstile = createTurnstile({ perClient, overall });
          const inside: { client: string; leave: () => void }[] = [];
          for (const [client, leaves, twice] of steps) {
            if (leaves) {
              const gone = inside.shift();
              gone?.leave();
              if (twice) gone?.leave();
              continue;
            }
            const own = inside.filter((one) => one.client === client).length;
            const leave = turnstile.enter(client);
            assert.equal(leave !== undefined, own < perClient && inside.length < overall);
            if (leave) inside.push({ client, leave });
          }
        },
      ),
    ));
});

describe('history-api: the name of a file', () => {
  const range = { from: Date.UTC(2026, 10, 19, 8), to: Date.UTC(2026, 10, 20, 8, 0, 1) };
  const named = (...names: string[]): string =>
    fileName({ series: names.map((name) => ({ name })) as SeriesInfo[], range });

  it('says what it is and from when to when', () => {
    assert.equal(
      named('fish-tank/1/temperature'),
      'fish-tank-1-temperature_20261119T080000Z_20261120T080001Z.csv',
    );
    assert.equal(named('a', 'b'), 'history_20261119T080000Z_20261120T080001Z.csv');
    assert.equal(fileName({ series: [], range: undefined }), 'history.csv');
    assert.equal(named('../../etc/passwd'), 'etc-passwd_20261119T080000Z_20261120T080001Z.csv');
    assert.equal(named('Ü'), 'history_20261119T080000Z_20261120T080001Z.csv');
  });

  it('is one that every system takes', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) =>
        assert.match(named(name), /^\w[\w.-]{0,130}\.csv$/),
      ),
    ));
});

describe('history-api: a list as JSON', () => {
  it('in parts is the same list', () =>
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 20 }),
        fc.integer({ min: 0, max: 20_000 }),
        (list, length) => {
          const entries = [...list, 'x'.repeat(length), 'y'.repeat(length)];
          const parts = [...jsonList('series', entries)];
          assert.deepEqual(JSON.parse(parts.join('')), JSON.parse(JSON.stringify({ series: entries })));
          assert.ok(parts.length <= 1 + Math.ceil(parts.join('').length / 32_768));
        },
      ),
    ));

  it('of many small ones comes in few parts', () => {
    const parts = [
      ...jsonList(
        'series',
        Array.from({ length: 10_000 }, (_, id) => ({ id })),
      ),
    ];
    assert.ok(parts.length > 1 && parts.length < 10, `${parts.length} parts`);
  });
});
