import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Document } from '../../nodes/lib/store.ts';
import { isAway } from '../../nodes/lib/retry.ts';
import {
  createKept,
  isKeptList,
  MAX_BYTES,
  MAX_DOCUMENTS,
  type Kept,
} from '../../nodes/record-store/kept.ts';
import { fakeHost } from '../support/fake-host.ts';

const kept = (id: string, body: Kept['body'] = {}): Kept => ({ collection: 'journal', id, body });
const refused = (): Error => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

/** Documents before a database that the test takes away, makes hang, and brings back. */
const bench = (saved: readonly Kept[] = [], database: (one: Kept) => Promise<void> = async () => {}) => {
  const host = fakeHost();
  const stored: string[] = [];
  const told: string[] = [];
  const waiting: number[] = [];
  const tries: number[] = [];
  const box = {
    file: [...saved] as readonly Kept[],
    saves: 0,
    soon: undefined as (() => unknown) | undefined,
  };
  const queue = createKept(saved, {
    async put(one) {
      tries.push(host.monotonic());
      await database(one);
      stored.push(one.id);
      return { ...one, version: 1, created: 0, updated: 0 } satisfies Document;
    },
    isAway,
    save(all) {
      box.saves++;
      box.file = all;
    },
    saveSoon: (all) => (box.soon = all),
    after: (ms, fire) => host.timer(ms, fire),
    chance: () => 0.5,
    waiting: (count) => waiting.push(count),
    refused: ({ id }, cause) => told.push(`${id}: ${(cause as Error).message}`),
  });
  const bench = {
    host,
    queue,
    stored,
    told,
    waiting,
    tries,
    box,
    /** what has become of each message, in the order in which they were told */
    ends: [] as string[],
    answers: [] as string[],
    become(how: (one: Kept) => Promise<void>) {
      database = how;
    },
    add(id: string, body: Kept['body'] = {}) {
      queue
        .add(kept(id, body), () => bench.answers.push(id))
        .then(
          () => bench.ends.push(id),
          (cause: Error) => bench.ends.push(`${id}: ${cause.message}`),
        );
    },
    async elapse(ms: number) {
      host.elapse(ms);
      await turn();
    },
    file: () => box.file.map(({ id }) => id),
  };
  return bench;
};
const away = async (): Promise<void> => {
  throw refused();
};

describe('record-store: documents that wait', () => {
  it('are stored at once, and the state file is left alone, while the database is there', async () => {
    const { queue: _queue, ...one } = bench();
    for (const id of ['a', 'b', 'c']) one.add(id);
    await turn();
    assert.deepEqual(
      [one.stored, one.ends, one.answers],
      [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    );
    assert.equal(one.box.saves, 0);
    assert.ok(one.waiting.every((count) => count === 0));
    assert.equal(one.host.timers(), 0);
  });

  it('are complete once they are safe, and stored in their order when it is back', async () => {
    const one = bench();
    one.become(away);
    for (const id of ['a', 'b']) one.add(id);
    await turn();
    assert.deepEqual([one.ends, one.file(), one.waiting.at(-1)], [['a', 'b'], ['a', 'b'], 2]);
    one.add('c');
    one.add('d');
    await turn();
    assert.deepEqual(one.ends, ['a', 'b'], 'in a storm the file is written now and then');
    await one.elapse(250);
    assert.deepEqual(
      [one.ends, one.file()],
      [
        ['a', 'b', 'c', 'd'],
        ['a', 'b', 'c', 'd'],
      ],
    );
    assert.deepEqual(one.answers, []);
    one.become(async () => {});
    await one.elapse(750);
    assert.deepEqual(
      [one.stored, one.answers],
      [
        ['a', 'b', 'c', 'd'],
        ['a', 'b', 'c', 'd'],
      ],
    );
    assert.deepEqual([one.file(), one.waiting.at(-1)], [[], 0]);
    await one.elapse(1000);
    assert.equal(one.host.timers(), 0);
  });

  it('are tried again after 1 s, then less and less often, up to once in 60 s', async () => {
    const one = bench();
    one.become(away);
    one.add('a');
    await turn();
    for (let step = 0; step < 200; step++) await one.elapse(1000);
    const waits = one.tries.slice(1).map((at, index) => at - (one.tries[index] ?? 0));
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('are put in the state file when the database hangs', async () => {
    const one = bench();
    const answer = Promise.withResolvers<void>();
    one.become(() => answer.promise);
    one.add('a');
    await one.elapse(1999);
    assert.deepEqual([one.ends, one.file()], [[], []]);
    await one.elapse(1);
    assert.deepEqual([one.ends, one.file(), one.waiting.at(-1)], [['a'], ['a'], 1]);
    answer.resolve();
    await turn();
    assert.deepEqual([one.stored, one.file(), one.waiting.at(-1)], [['a'], [], 0]);
  });

  it('come from the state file first after a restart', async () => {
    const one = bench([kept('a'), kept('b')]);
    one.add('c');
    await turn();
    assert.deepEqual([one.stored, one.waiting[0], one.file()], [['a', 'b', 'c'], 2, []]);
  });

  it('keep their place in the file until they are stored: what is written soon is what is left then', async () => {
    const one = bench([kept('a'), kept('b')]);
    const second = Promise.withResolvers<void>();
    one.become(({ id }) => (id === 'b' ? second.promise : Promise.resolve()));
    await turn();
    await turn();
    assert.deepEqual(one.box.soon?.(), [kept('b')]);
    assert.deepEqual(one.file(), ['a', 'b']);
  });

  it('fail at once where the database refuses them, and the others go on', async () => {
    const one = bench();
    one.become(async ({ id }) => {
      if (id === 'b') throw Object.assign(new Error('too large'), { code: '22001' });
    });
    for (const id of ['a', 'b', 'c']) one.add(id);
    await turn();
    await turn();
    assert.deepEqual(
      [one.ends.toSorted(), one.stored],
      [
        ['a', 'b: too large', 'c'],
        ['a', 'c'],
      ],
    );
    assert.deepEqual([one.told, one.box.saves], [[], 0]);
  });

  it('are told of where the database refuses them later', async () => {
    const one = bench([kept('a'), kept('b')], async ({ id }) => {
      if (id === 'a') throw new Error('too large');
    });
    await turn();
    await turn();
    assert.deepEqual([one.told, one.stored, one.file()], [['a: too large'], ['b'], []]);
  });

  it('are no more than can be kept', async () => {
    const one = bench();
    one.become(away);
    for (let count = 0; count <= MAX_DOCUMENTS; count++) one.add(String(count));
    await one.elapse(250);
    assert.equal(one.file().length, MAX_DOCUMENTS);
    const complaint = '1000: record-store: 1000 documents wait for the database already';
    assert.deepEqual(
      one.ends.filter((end) => end.includes(':')),
      [complaint],
    );
    const other = bench();
    other.become(away);
    for (let count = 0; count < 5; count++) other.add(String(count), { text: 'x'.repeat(MAX_BYTES / 4) });
    await other.elapse(250);
    assert.equal(other.file().length, 3);
    assert.match(other.ends.find((end) => end.startsWith('3:')) ?? '', /bytes of documents wait already/);
  });

  it('are safe before a stop goes on, and stored as far as the database takes them', async () => {
    const one = bench();
    const answers = ['a', 'b', 'c'].map((id) => ({ id, answer: Promise.withResolvers<void>() }));
    one.become(({ id }) => answers.find((each) => each.id === id)?.answer.promise ?? away());
    for (const { id } of answers) one.add(id);
    const left = one.queue.close(false);
    await turn();
    assert.deepEqual(
      [one.ends, one.file()],
      [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    );
    answers[0]?.answer.resolve();
    answers[1]?.answer.resolve();
    answers[2]?.answer.reject(refused());
    assert.equal(await left, 1);
    assert.deepEqual([one.stored, one.file()], [['a', 'b'], ['c']]);
    assert.equal(one.host.timers(), 0);
  });

  it('leave the file alone once the stop has ended: it may be another one’s by then', async () => {
    const one = bench();
    const answer = Promise.withResolvers<void>();
    one.become(() => answer.promise);
    one.add('a');
    const left = one.queue.close(false);
    one.queue.end();
    assert.equal(await left, 1);
    answer.resolve();
    await turn();
    assert.deepEqual(one.file(), ['a']);
    await assert.rejects(
      one.queue.add(kept('b'), () => {}),
      { message: 'record-store: the node is closed' },
    );
  });

  it('are stored or told of, and not kept, when the node is removed', async () => {
    const one = bench();
    one.become(away);
    one.add('a');
    one.add('b');
    assert.equal(await one.queue.close(true), 2);
    await turn();
    const lost = 'record-store: the node was removed before its document was stored';
    assert.deepEqual([one.ends, one.box.saves], [[`a: ${lost}`, `b: ${lost}`], 0]);
    const other = bench();
    other.add('a');
    assert.equal(await other.queue.close(true), 0);
    assert.deepEqual(other.stored, ['a']);
  });

  for (const [state, good] of [
    [[], true],
    [[kept('a')], true],
    [{}, false],
    [[{ collection: 'a', id: 1, body: {} }], false],
    [[{ collection: 'a', id: 'b', body: 3 }], false],
  ] as const)
    it(`reads ${JSON.stringify(state)} from the state file: ${good}`, () =>
      assert.equal(isKeptList(state), good));
});
