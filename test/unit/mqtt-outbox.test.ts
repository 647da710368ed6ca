import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { limits, outgoing } from '../../nodes/mqtt-outbox/limits.ts';
import { openWaiting } from '../../nodes/mqtt-outbox/waiting.ts';
import {
  begin,
  delivered,
  handedOut,
  isOpen,
  linked,
  nextLook,
  overdue,
  type Window,
} from '../../nodes/mqtt-outbox/window.ts';

describe('mqtt-outbox: what a broker takes', () => {
  const { mqtt, 'aws-iot-core': aws } = limits;
  for (const [what, msg, wanted] of [
    ['text', { topic: 'a', payload: 'x' }, { topic: 'a', payload: 'x', qos: 1, retain: false }],
    [
      'an object',
      { topic: 'a', payload: { b: [1] } },
      { topic: 'a', payload: '{"b":[1]}', qos: 1, retain: false },
    ],
    [
      'a number',
      { topic: 'a', payload: 20.5, qos: '0' },
      { topic: 'a', payload: '20.5', qos: 0, retain: false },
    ],
    ['false', { topic: 'a', payload: false }, { topic: 'a', payload: 'false', qos: 1, retain: false }],
    [
      'nothing',
      { topic: 'a', payload: null, retain: true },
      { topic: 'a', payload: '', qos: 1, retain: true },
    ],
    ['QoS 2', { topic: 'a', payload: 'x', qos: 2 }, { topic: 'a', payload: 'x', qos: 2, retain: false }],
  ] as const)
    it(`${what} as mqtt out would write it`, () => assert.deepEqual(outgoing(msg, mqtt), wanted));

  it('bytes as they are', () => {
    assert.deepEqual(
      outgoing({ topic: 'a', payload: Buffer.from([0, 255]) }, mqtt).payload,
      Buffer.from([0, 255]),
    );
  });
  it('AWS IoT Core: QoS 1 instead of 2', () => {
    assert.equal(outgoing({ topic: 'a', payload: 'x', qos: 2 }, aws).qos, 1);
  });
  it('AWS IoT Core: the longest topic and the largest message', () => {
    outgoing({ topic: '/1/2/3/4/5/6/7', payload: 'x'.repeat(131_072) }, aws);
    outgoing({ topic: 'ä'.repeat(128), payload: '' }, aws);
  });

  for (const [what, msg, sentence] of [
    ['no topic', {}, 'topic: must be text without +, # and control characters, got nothing'],
    ['a blank topic', { topic: '' }, 'topic: must be text without +, # and control characters, got ""'],
    [
      'a line break',
      { topic: 'a\nb' },
      'topic: must be text without +, # and control characters, got "a\\nb"',
    ],
    ['a filter', { topic: 'a/+' }, 'topic: must be text without +, # and control characters, got "a/+"'],
    [
      'eight slashes',
      { topic: '/1/2/3/4/5/6/7/8' },
      'topic: must have at most 7 slashes, got 8: "/1/2/3/4/5/6/7/8"',
    ],
    ['a long topic', { topic: 'ä'.repeat(129) }, /^topic: must have at most 256 bytes, got 258/],
    [
      'a large message',
      { topic: 'a', payload: 'x'.repeat(131_073) },
      'payload: must have at most 131072 bytes, got 131073',
    ],
    ['QoS 3', { topic: 'a', payload: 'x', qos: 3 }, 'qos: must be 0, 1 or 2, got 3'],
    ['a function', { topic: 'a', payload: () => 1 }, 'payload: has no JSON, got function'],
  ] as const)
    it(`refuses ${what}`, () => {
      assert.throws(
        () => outgoing(msg, aws),
        typeof sentence === 'string' ? { message: sentence } : { message: sentence },
      );
    });
});

const settings = { inFlight: 3, ackMs: 30_000, perSecond: 0 };
/** Sends what is open of messages 1 to `count`; the numbers that were sent. */
const drain = (window: Window, count: number, now: number, given = settings): [Window, number[]] => {
  const numbers: number[] = [];
  let current = overdue(given, window, now);
  while (isOpen(given, current, now) && current.cursor < count) {
    current = handedOut(given, current, current.cursor + 1, now);
    numbers.push(current.cursor);
  }
  return [current, numbers];
};

describe('mqtt-outbox: the window', () => {
  it('tries one message before it knows how the link is', () => {
    const [window, first] = drain(begin, 9, 0);
    assert.deepEqual(first, [1]);
    const [, more] = drain(delivered(window, 1), 9, 1);
    assert.deepEqual(more, [2, 3, 4]);
  });
  it('sends nothing while the link is down, and everything again when it is back', () => {
    let [window, numbers] = drain(linked(begin, 'up'), 9, 0);
    assert.deepEqual(numbers, [1, 2, 3]);
    [window, numbers] = drain(linked(window, 'down'), 9, 1);
    assert.deepEqual(numbers, []);
    [window, numbers] = drain(linked(window, 'up'), 9, 2);
    assert.deepEqual(numbers, [1, 2, 3]);
  });
  it('moves along with each acknowledgement, in whatever order they come', () => {
    const [window] = drain(linked(begin, 'up'), 9, 0);
    const [after, numbers] = drain(delivered(window, 2), 9, 1);
    assert.deepEqual(numbers, [4]);
    assert.deepEqual([...after.sent.keys()], [1, 3, 4]);
  });
  it('sends again what is not acknowledged in time, in order', () => {
    const [window] = drain(linked(begin, 'up'), 9, 0);
    assert.equal(nextLook(settings, window, 10), 30_000);
    assert.deepEqual(drain(window, 9, 29_999)[1], []);
    assert.deepEqual(drain(window, 9, 30_000)[1], [1, 2, 3]);
  });
  it('keeps to a rate', () => {
    const slow = { ...settings, inFlight: 100, perSecond: 2 };
    let window = linked(begin, 'up');
    const at: number[] = [];
    for (let now = 0; now <= 2000; now += 100) {
      const [next, numbers] = drain(window, 99, now, slow);
      at.push(...numbers.map(() => now));
      window = next;
    }
    assert.deepEqual(at, [0, 500, 1000, 1500, 2000]);
    assert.equal(nextLook(slow, window, 2000), 2500);
  });

  it('whatever the link does: everything arrives, the first time in order, and no more are on their way than may', () => {
    const move = fc.constantFrom('add', 'up', 'down', 'ack', 'lose', 'wait');
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
        let [window, now, last]: [Window, number, number] = [begin, 0, 0];
        let waiting: number[] = [];
        const [arrived, air]: [number[], number[]] = [[], []];
        const send = (): void => {
          window = overdue(settings, window, now);
          while (isOpen(settings, window, now)) {
            const next = waiting.find((seq) => seq > window.cursor);
            if (next === undefined) break;
            window = handedOut(settings, window, next, now);
            air.push(next);
          }
          assert.ok(window.sent.size <= settings.inFlight);
        };
        const acknowledge = (): void => {
          const seq = air.shift();
          if (seq === undefined) return;
          arrived.push(seq);
          window = delivered(window, seq);
          waiting = waiting.filter((other) => other !== seq);
        };
        for (const one of moves) {
          if (one === 'add') waiting.push(++last);
          else if (one === 'ack') acknowledge();
          else if (one === 'wait') now += 10_000;
          else {
            if (one !== 'up') air.length = 0; // what was on its way is lost
            if (one !== 'lose') window = linked(window, one);
          }
          send();
        }
        window = linked(linked(window, 'down'), 'up');
        air.length = 0;
        for (send(); waiting.length > 0; send()) acknowledge();
        assert.deepEqual(
          [...new Set(arrived)],
          Array.from({ length: last }, (_, index) => index + 1),
        );
      }),
    );
  });
});

describe('mqtt-outbox: what waits', () => {
  it('is as it was when one more cannot be stored with all that belongs to it', () => {
    const waiting = openWaiting(new DatabaseSync(':memory:'), 'tab/outbox', { messages: 1, bytes: 100 });
    const add = (payload: string, lost: () => void): number =>
      waiting.add({ topic: 'a', payload, qos: 1, retain: false }, lost);
    const fail = (): never => {
      throw new Error('no room on the disk');
    };
    add('1', fail);
    assert.throws(() => add('2', fail), /no room/);
    assert.deepEqual([waiting.count, waiting.after(0)?.message.payload], [1, '1']);
    add('3', () => {});
    assert.deepEqual([waiting.count, waiting.after(0)?.message.payload], [1, '3']);
  });
});
