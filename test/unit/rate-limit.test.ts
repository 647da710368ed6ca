import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLimiter } from '../../nodes/lib/rate-limit.ts';

const limiterAt = (size = 100): { limiter: ReturnType<typeof createLimiter>; wait: (ms: number) => void } => {
  let now = 0;
  const limiter = createLimiter({ limit: 4, windowMs: 600_000, size }, () => now);
  return { limiter, wait: (ms) => (now += ms) };
};

describe('rate limit', () => {
  it('refuses the fifth try within ten minutes, and takes one again after', () => {
    const { limiter, wait } = limiterAt();
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => limiter.attempt('10.0.0.1')),
      [true, true, true, true, false],
    );
    assert.equal(limiter.waitSeconds('10.0.0.1'), 600);
    assert.equal(limiter.attempt('10.0.0.2'), true);
    wait(600_000);
    assert.equal(limiter.waitSeconds('10.0.0.1'), 0);
    assert.equal(limiter.attempt('10.0.0.1'), true);
  });

  it('counts the users behind one address each for itself', () => {
    const { limiter } = limiterAt();
    for (let i = 0; i < 4; i++) limiter.attempt('10.0.0.1', 'ann');
    assert.deepEqual(
      ['ann', 'bob', undefined].map((user) => limiter.attempt('10.0.0.1', user)),
      [false, true, true],
    );
  });

  it('does not charge a login that worked, and does not forgive earlier failures for it', () => {
    const { limiter } = limiterAt();
    for (let i = 0; i < 3; i++) limiter.attempt('a');
    for (let i = 0; i < 10; i++) {
      assert.equal(limiter.attempt('a'), true);
      limiter.refund('a');
    }
    assert.equal(limiter.attempt('a'), true);
    assert.equal(limiter.attempt('a'), false);
  });

  const same: [string, string, boolean][] = [
    ['10.0.0.1', '::ffff:10.0.0.1', true],
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff::9', true],
    ['2001:db8::1', '2001:db8:0:0:5:6:7:8', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['::1', '127.0.0.1', false],
  ];
  for (const [a, b, one] of same)
    it(`counts ${a} and ${b} as ${one ? 'one' : 'two'}`, () => {
      const { limiter } = limiterAt();
      for (let i = 0; i < 4; i++) limiter.attempt(a);
      assert.equal(limiter.attempt(b), !one);
    });

  it('never lets more than four failures through in any window', () => {
    const tries = fc.array(fc.record({ wait: fc.nat(400_000), address: fc.constantFrom('a', 'b') }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(tries, (list) => {
        const { limiter, wait } = limiterAt();
        let now = 0;
        const taken: { at: number; address: string }[] = [];
        for (const { wait: ms, address } of list) {
          wait(ms);
          now += ms;
          if (limiter.attempt(address)) taken.push({ at: now, address });
          const recent = taken.filter((one) => one.address === address && now - one.at < 600_000);
          assert.ok(recent.length <= 4);
        }
      }),
    );
  });

  it('remembers a bounded number of addresses', () => {
    const { limiter } = limiterAt(2);
    for (let i = 0; i < 4; i++) limiter.attempt('a');
    assert.equal(limiter.attempt('a'), false);
    limiter.attempt('b');
    limiter.attempt('c');
    assert.equal(limiter.attempt('a'), true);
  });
});
