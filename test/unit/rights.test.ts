import assert from 'node:assert/strict';
import fc from 'fast-check';
import { covers, may, rightsOf, type Action, type Right } from '../../nodes/embedded-broker/rights.ts';

/** The reference model: MQTT 3.1.1 section 4.7 by the letter, one topic at a time. */
const matchesLevels = (filter: readonly string[], topic: readonly string[]): boolean => {
  const [head, ...rest] = filter;
  if (head === '#') return true;
  if (head === undefined || topic.length === 0) return filter.length === topic.length;
  return (head === '+' || head === topic[0]) && matchesLevels(rest, topic.slice(1));
};
const matches = (filter: readonly string[], topic: readonly string[]): boolean =>
  !(topic[0]?.startsWith('$') && /^[+#]$/.test(filter[0] ?? '')) && matchesLevels(filter, topic);

const NAMES = ['a', 'b', '', '$x', 'fresh'];
const DEPTH = 4;
/**
 * Every topic of up to four levels over a few names, one of which no filter mentions. The empty one counts here: it
 * cannot be sent, but then `/#` covers more than `/+/#`, as it does in the rule.
 */
const topics: string[][] = [];
for (let reach: string[][] = [[]]; (reach[0]?.length ?? 0) < DEPTH;) {
  reach = reach.flatMap((topic) => NAMES.map((name) => [...topic, name]));
  topics.push(...reach);
}

const level = fc.constantFrom('a', 'b', '', '$x', '+');
const filter = fc
  .tuple(fc.array(level, { maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'))
  .filter((text) => text !== '');
const right: fc.Arbitrary<Right> = fc.record({
  allow: fc.constantFrom('read', 'write', 'readwrite'),
  filter,
});
const user = (...rights: Right[]) => ({ rights: rightsOf(rights) });

describe('rights', () => {
  const cases: [boolean, string, Action, string][] = [
    [true, 'OLP/device/#', 'read', 'OLP/device/#'],
    [true, 'OLP/device/#', 'read', 'OLP/device/tank/+/sensors/all'],
    [true, 'OLP/device/#', 'read', 'OLP/device'],
    [true, 'OLP/device/#', 'write', 'OLP/device/tank/1/control/all'],
    [false, 'OLP/device/#', 'read', 'OLP/#'],
    [false, 'OLP/device/#', 'read', 'OLP/+/tank'],
    [false, 'OLP/device/#', 'read', '#'],
    [false, 'OLP/device/#', 'read', '+/#'],
    [false, 'OLP/device/#', 'read', '$share/group/OLP/device/#'],
    [false, 'OLP/device/#', 'write', 'OLP/devices'],
    [false, 'OLP/device/#', 'write', 'OLP/device/#'],
    [false, 'OLP/device/#', 'write', 'OLP/device/+/x'],
    [false, 'OLP/device/+', 'read', 'OLP/device/#'],
    [true, '#', 'read', '+/#'],
    [true, '+/#', 'read', '#'],
    [false, '+/+/#', 'read', '#'],
    [false, '#', 'read', '$SYS/#'],
    [false, '+/heartbeat', 'read', '$SYS/heartbeat'],
    [true, '$SYS/#', 'read', '$SYS/#'],
    [false, '$SYS/#', 'write', '$SYS/uptime'],
    [false, '#', 'write', '$SYS/uptime'],
    [false, '#', 'read', ''],
    [false, '#', 'read', 'a\0b'],
    [false, '#', 'read', 'a/#/b'],
    [false, '#', 'read', 'a+/b'],
    [false, '#', 'read', 'a#'],
    [true, '#', 'write', 'constructor/__proto__'],
    [true, 'a/+', 'read', 'a/'],
  ];
  for (const [expected, allowed, action, asked] of cases)
    it(`${expected ? 'lets' : 'does not let'} a user of ${allowed} ${action} ${JSON.stringify(asked)}`, () => {
      assert.equal(may(user({ allow: 'readwrite', filter: allowed }), action, asked), expected);
    });

  it('tells reading from writing', () => {
    const reader = user({ allow: 'read', filter: 'a' }, { allow: 'write', filter: 'b' });
    assert.deepEqual(
      [
        may(reader, 'read', 'a'),
        may(reader, 'write', 'a'),
        may(reader, 'read', 'b'),
        may(reader, 'write', 'b'),
      ],
      [true, false, false, true],
    );
  });

  it('denies by default and names a filter that is none', () => {
    assert.equal(may(user(), 'read', 'a'), false);
    assert.throws(
      () => user({ allow: 'read', filter: 'a/#/b' }),
      /filter: must be a topic filter, got "a\/#\/b"/,
    );
    assert.equal(covers('a/#/b', 'a/x/b'), false);
  });

  it('agrees with the reference model on what a filter covers', () => {
    fc.assert(
      fc.property(filter, filter, (wide, narrow) => {
        const [outer, inner] = [wide.split('/'), narrow.split('/')];
        const expected = topics.every((topic) => !matches(inner, topic) || matches(outer, topic));
        assert.equal(covers(wide, narrow), expected);
      }),
      { numRuns: 10_000 },
    );
  });

  it('agrees with the reference model on 10 000 users, actions and topics', () => {
    const asked = fc.oneof(
      filter,
      fc.constantFrom(...topics.map((topic) => topic.join('/')).filter((topic) => topic !== '')),
    );
    fc.assert(
      fc.property(
        fc.array(right, { maxLength: 4 }),
        fc.constantFrom<Action>('read', 'write'),
        asked,
        (rights, action, text) => {
          const levels = text.split('/');
          const forbidden = action === 'write' && (text.startsWith('$') || /[+#]/.test(text));
          const expected = rights.some(
            ({ allow, filter: own }) =>
              !forbidden &&
              allow.includes(action) &&
              topics.every((topic) => !matches(levels, topic) || matches(own.split('/'), topic)),
          );
          assert.equal(may(user(...rights), action, text), expected);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
