import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from '../../nodes/data-silo/config.ts';
import { arrivalOf } from '../../nodes/data-silo/incoming.ts';
import { isSaved, keep, restore } from '../../nodes/data-silo/kept.ts';
import { lightFor } from '../../nodes/data-silo/report.ts';
import { accept, snapshot, VALUES_MAX, type Memory, type Reading } from '../../nodes/data-silo/silo.ts';
import type { Quality, Scalar } from '../../nodes/lib/signal.ts';

const limits = { staleMs: 10_000, forgetMs: 0, maxClients: 3 };
const reading = (value: Scalar, timestamp: number, quality: Quality = 'good'): Reading => ({
  value,
  quality,
  timestamp,
  unit: undefined,
  source: undefined,
  lastGood: undefined,
});

describe('silo: the latest of every client', () => {
  it('starts empty', () => {
    const { clients, count, stale } = snapshot(limits, new Map(), 0);
    assert.deepEqual({ clients, count, stale }, { clients: {}, count: 0, stale: 0 });
  });

  it('marks what is silent, and leaves its values as they are', () => {
    const memory: Memory = new Map();
    accept(
      limits,
      memory,
      'meter',
      [['voltage', { ...reading(320, 1000), unit: 'V', source: 'simulated' }]],
      1000,
    );
    accept(limits, memory, 'pump', [['on', reading(true, 5000)]], 5000);
    const before = snapshot(limits, memory, 10_999);
    assert.deepEqual(before.clients['meter'], {
      values: { voltage: 320 },
      timestamp: 1000,
      age: 9.999,
      quality: 'good',
      stale: false,
      qualities: { voltage: 'good' },
      timestamps: { voltage: 1000 },
      units: { voltage: 'V' },
    });
    assert.equal(before.source, 'simulated');
    const after = snapshot(limits, memory, 11_000);
    const { values, age, quality, stale } = after.clients['meter'] ?? {};
    assert.deepEqual(
      { values, age, quality, stale },
      { values: { voltage: 320 }, age: 10, quality: 'uncertain', stale: true },
    );
    assert.deepEqual([after.count, after.stale, after.quality], [2, 1, 'uncertain']);
    assert.equal(snapshot({ ...limits, staleMs: 0 }, memory, 1e12).stale, 0);
  });

  it('tells of a value that has gone silent in a client that has not', () => {
    const memory: Memory = new Map();
    accept(
      limits,
      memory,
      'meter',
      [
        ['voltage', reading(320, 0)],
        ['current', reading(4, 0)],
      ],
      0,
    );
    accept(limits, memory, 'meter', [['voltage', reading(321, 20_000)]], 20_000);
    const { meter } = snapshot(limits, memory, 20_000).clients;
    assert.equal(meter?.stale, false);
    assert.deepEqual(meter.qualities, { voltage: 'good', current: 'uncertain' });
    assert.equal(meter.quality, 'uncertain');
    assert.deepEqual(meter.timestamps, { voltage: 20_000, current: 0 });
  });

  it('a failed reading is null and bad, beside the last one that was good', () => {
    const memory: Memory = new Map();
    const steps = [reading(320, 1), reading(null, 2, 'bad'), reading(null, 3, 'bad')];
    for (const step of steps) accept(limits, memory, 'meter', [['voltage', step]], 3);
    const { meter } = snapshot(limits, memory, 3).clients;
    assert.deepEqual([meter?.values, meter?.quality], [{ voltage: null }, 'bad']);
    assert.deepEqual(meter?.lastGood, { voltage: { value: 320, timestamp: 1 } });
    accept(limits, memory, 'meter', [['voltage', reading(319, 4)]], 4);
    assert.equal(snapshot(limits, memory, 4).clients['meter']?.lastGood, undefined);
  });

  it('a clock that is ahead does not shut out what comes after', () => {
    const memory: Memory = new Map();
    accept(limits, memory, 'meter', [['voltage', reading(1, 1e12)]], 100);
    assert.deepEqual(snapshot(limits, memory, 100).clients['meter']?.timestamp, 100);
    accept(limits, memory, 'meter', [['voltage', reading(2, 101)]], 101);
    assert.deepEqual(snapshot(limits, memory, 101).clients['meter']?.values, { voltage: 2 });
  });

  it('has room for so many clients, and says which one is too many', () => {
    const memory: Memory = new Map();
    for (const client of ['a', 'b', 'c']) accept(limits, memory, client, [['x', reading(1, 0)]], 0);
    assert.throws(
      () => accept(limits, memory, 'd', [['x', reading(1, 0)]], 0),
      /^Error: client: "d" is one too many, there are 3 \(Most clients\)$/,
    );
    accept(limits, memory, 'a', [['x', reading(2, 0)]], 0);
    assert.deepEqual(Object.keys(snapshot(limits, memory, 0).clients), ['a', 'b', 'c']);
    assert.deepEqual(snapshot(limits, memory, 0).clients['a']?.values, { x: 2 });
    const forgetting = { ...limits, forgetMs: 60_000 };
    accept(forgetting, memory, 'a', [['x', reading(3, 59_000)]], 59_000);
    accept(forgetting, memory, 'd', [['x', reading(1, 60_000)]], 60_000);
    assert.deepEqual(Object.keys(snapshot(forgetting, memory, 60_000).clients), ['a', 'd']);
  });

  it('has room for so many values of a client', () => {
    const memory: Memory = new Map();
    const many = Array.from(
      { length: VALUES_MAX + 1 },
      (_, index) => [`v${index}`, reading(index, 0)] as const,
    );
    assert.throws(
      () => accept(limits, memory, 'a', many, 0),
      /client "a": "v1000" is one value too many, there are 1000/,
    );
    assert.equal(Object.keys(snapshot(limits, memory, 0).clients['a']?.values ?? {}).length, VALUES_MAX);
  });

  it('a snapshot does not change with what comes after it', () => {
    const memory: Memory = new Map();
    accept(
      limits,
      memory,
      'a',
      [
        ['x', reading(1, 0)],
        ['y', reading(1, 0)],
      ],
      0,
    );
    const first = snapshot(limits, memory, 0);
    const copy = structuredClone(first);
    accept(
      limits,
      memory,
      'a',
      [
        ['x', reading(2, 1)],
        ['y', reading(2, 1)],
      ],
      1,
    );
    assert.deepEqual(first, copy);
  });

  it('is for each value the newest that has come, in whatever order (property)', () => {
    const name = fc.constantFrom('a', 'b', '__proto__');
    const sample = fc.record({
      client: name,
      key: name,
      value: fc.integer(),
      at: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(sample), fc.integer({ min: 20, max: 40 }), (samples, now) => {
        const memory: Memory = new Map();
        const settings = { staleMs: 15, forgetMs: 0, maxClients: 3 };
        for (const { client, key, value, at } of samples)
          accept(settings, memory, client, [[key, reading(value, at)]], 20);
        const newest = new Map<string, (typeof samples)[number]>();
        for (const one of samples) {
          const id = JSON.stringify([one.client, one.key]);
          if ((newest.get(id)?.at ?? -1) <= one.at) newest.set(id, one);
        }
        for (const after of [memory, restore(JSON.parse(JSON.stringify(keep(memory))), now)]) {
          const { clients, count, stale } = snapshot(settings, after, now);
          assert.equal(
            Object.values(clients).flatMap(({ values }) => Object.keys(values)).length,
            newest.size,
          );
          for (const { client, key, value, at } of newest.values()) {
            assert.equal(clients[client]?.values[key], value);
            assert.equal(clients[client]?.timestamps[key], at);
            assert.equal(clients[client]?.qualities[key], now - at >= 15 ? 'uncertain' : 'good');
          }
          assert.equal(count, new Set(samples.map(({ client }) => client)).size);
          for (const { timestamp, age, stale: silent } of Object.values(clients)) {
            assert.equal(age, (now - timestamp) / 1000);
            assert.equal(silent, now - timestamp >= 15);
          }
          assert.equal(stale, Object.values(clients).filter((view) => view.stale).length);
        }
      }),
    );
  });
});

describe('silo: what a message says', () => {
  const read = (msg: object, def: object = {}, now = 100) => {
    const { clients, complaints } = arrivalOf(parse(def), { ...msg }, now);
    return {
      clients: clients.map(([client, readings]) => [
        client,
        Object.fromEntries([...readings].map(([key, { value }]) => [key, value])),
      ]),
      complaints,
    };
  };
  const oneLevel = { skipLevels: 1, topicLevels: '1' };
  const property = { clientFrom: 'property', clientProperty: 'device' };
  for (const [what, msg, def, wanted] of [
    [
      'a record',
      { topic: 'power/meter', payload: { v: 1, on: true } },
      {},
      ['power/meter', { v: 1, on: true }],
    ],
    ['a single value', { topic: 'power/meter/v', payload: 1 }, {}, ['power/meter', { v: 1 }]],
    ['a deep topic', { topic: 'power/meter/phase/1/v', payload: 1 }, {}, ['power/meter', { 'phase/1/v': 1 }]],
    [
      'a record of a part',
      { topic: 'power/meter/phase-1', payload: { v: 1 } },
      {},
      ['power/meter', { 'phase-1/v': 1 }],
    ],
    ['a value without a name', { topic: 'power/meter', payload: 'ok' }, {}, ['power/meter', { value: 'ok' }]],
    ['a level in the middle', { topic: 'power/meter/v', payload: null }, oneLevel, ['meter', { v: null }]],
    ['a property', { topic: 'power/v', device: 'm1', payload: 1 }, property, ['m1', { v: 1 }]],
    [
      'a property and a record',
      { topic: 'power/v', device: 'm1', payload: { v: 1 } },
      property,
      ['m1', { v: 1 }],
    ],
    ['a property without a topic', { device: 'm1', payload: 1 }, property, ['m1', { value: 1 }]],
    ['a number that is not finite', { topic: 'a/b', payload: { v: NaN } }, {}, ['a/b', { v: null }]],
  ] as const)
    it(what, () => assert.deepEqual(read(msg, def), { clients: [wanted], complaints: [] }));

  for (const [msg, def, complaint] of [
    [{ payload: 1 }, {}, 'topic: must have at least 2 levels, got nothing'],
    [{ topic: 'power', payload: 1 }, {}, 'topic: must have at least 2 levels, got "power"'],
    [{ topic: 'a/b' }, {}, 'payload: must be a value or a record of values, got nothing'],
    [{ topic: 'a/b', payload: [1] }, {}, 'payload: must be a value or a record of values, got [1]'],
    [{ payload: 1, device: 4 }, property, 'device: must name the client, got 4'],
    [{ payload: {}, silo: { id: 'silo' } }, {}, 'silo.id: "silo" is this silo itself'],
  ] as const)
    it(`refuses: ${complaint}`, () => assert.throws(() => read(msg, def), { message: complaint }));

  it('uses what it can and names the rest', () => {
    assert.deepEqual(read({ topic: 'a/b', payload: { v: 1, w: { x: 1 } } }), {
      clients: [['a/b', { v: 1 }]],
      complaints: ['payload.w: must be a number, text, true, false or null, got {"x":1}'],
    });
  });

  it('takes in another silo with the times of its values, to any depth', () => {
    const message = (id: string, memory: Memory, now: number) => {
      const { clients, count, stale, quality, source } = snapshot(limits, memory, now);
      return JSON.parse(
        JSON.stringify({
          topic: id,
          payload: clients,
          timestamp: now,
          quality,
          source,
          silo: { id, time: now, count, stale },
        }),
      ) as object;
    };
    const into = (memory: Memory, msg: object, now: number): void => {
      for (const [client, readings] of arrivalOf(parse({ outputTopic: 'main' }), { ...msg }, now).clients)
        accept(limits, memory, client, readings, now);
    };
    const sub: Memory = new Map();
    accept(
      limits,
      sub,
      'meter',
      [
        ['v', { ...reading(320, 1000), unit: 'V', source: 'measured' }],
        ['a', reading(4, 3000)],
      ],
      3000,
    );
    accept(limits, sub, 'meter', [['a', reading(null, 4000, 'bad')]], 4000);
    const main: Memory = new Map();
    into(main, message('rs485', sub, 5000), 8000);
    const view = snapshot(limits, main, 8000);
    assert.deepEqual(view.clients, {
      'rs485/meter': {
        values: { v: 320, a: null },
        timestamp: 4000,
        age: 4,
        quality: 'bad',
        stale: false,
        qualities: { v: 'good', a: 'bad' },
        timestamps: { v: 1000, a: 4000 },
        units: { v: 'V' },
        lastGood: { a: { value: 4, timestamp: 3000 } },
      },
    });
    // The sub-server is dead: the ages go on.
    assert.deepEqual(snapshot(limits, main, 14_000).clients['rs485/meter']?.age, 10);
    assert.equal(snapshot(limits, main, 14_000).stale, 1);
    const site: Memory = new Map();
    into(site, message('plant', main, 9000), 9000);
    assert.deepEqual(Object.keys(snapshot(limits, site, 9000).clients), ['plant/rs485/meter']);
    // An old snapshot that comes late changes nothing.
    accept(limits, main, 'rs485/meter', [['a', reading(5, 6000)]], 6000);
    into(main, message('rs485', sub, 5000), 8000);
    assert.deepEqual(snapshot(limits, main, 8000).clients['rs485/meter']?.values, { v: 320, a: 5 });
  });

  for (const [count, stale, kind, text] of [
    [0, 0, 'waiting', 'no client'],
    [1, 0, 'nominal', '1 client'],
    [12, 0, 'nominal', '12 clients'],
    [12, 3, 'limited', '12, 3 stale'],
  ] as const)
    it(`shows ${text}`, () => assert.deepEqual(lightFor(count, stale), { kind, text }));

  for (const [what, state] of [
    ['no list', {}],
    ['a client without values', [['a', []]]],
    ['a value of another kind', [['a', [['x', {}, 'good', 1, null, null, null]]]]],
    ['a quality that is none', [['a', [['x', 1, 'fine', 1, null, null, null]]]]],
    ['a time that is none', [['a', [['x', 1, 'good', null, null, null, null]]]]],
  ] as const)
    it(`does not take for saved: ${what}`, () => assert.equal(isSaved(state), false));
  it('what was saved under a clock that was ahead does not shut out the future', () => {
    const saved = [['a', [['x', 1, 'good', 1e12, 'V', 'measured', null]]]] as const;
    assert.ok(isSaved(saved));
    assert.equal(restore(saved, 500).get('a')?.get('x')?.timestamp, 500);
  });
});
