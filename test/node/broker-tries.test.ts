import assert from 'node:assert/strict';
import { hashPassword } from '../../nodes/embedded-broker/passwords.ts';
import { limitTries, type Try } from '../../nodes/embedded-broker/tries.ts';
import { createLimiter } from '../../nodes/lib/rate-limit.ts';
import { client, endAll, startBroker } from '../support/broker.ts';

const start = (): { tries: Try; verified: string[]; wait: (ms: number) => void } => {
  let now = 0;
  const verified: string[] = [];
  const verify = async (password: Buffer, hash: string | undefined): Promise<boolean> => {
    verified.push(password.toString());
    await Promise.resolve();
    return password.toString() === hash;
  };
  const limiter = createLimiter({ limit: 3, windowMs: 60_000, size: 100 }, () => now);
  return { tries: limitTries(verify, limiter), verified, wait: (ms) => (now += ms) };
};

describe('tries of a password', () => {
  it('are limited for a user behind an address, and for nobody else', async () => {
    const { tries, wait } = start();
    const attempt = (address: string, name: string, password: string) =>
      tries(address, name, Buffer.from(password), `${name}-secret`);
    for (const guess of ['1', '2', '3']) assert.equal(await attempt('10.0.0.9', 'ann', guess), 'wrong');
    assert.equal(await attempt('10.0.0.9', 'ann', 'ann-secret'), 'limited');
    assert.equal(await attempt('10.0.0.9', 'bob', 'bob-secret'), 'right');
    assert.equal(await attempt('10.0.0.8', 'ann', 'ann-secret'), 'right');
    wait(60_000);
    assert.equal(await attempt('10.0.0.9', 'ann', 'ann-secret'), 'right');
  });

  it('count together for names that nobody has', async () => {
    const { tries } = start();
    const guess = (name: string) => tries('10.0.0.9', name, Buffer.from('x'), undefined);
    const outcomes = [await guess('a'), await guess('b'), await guess('c'), await guess('d')];
    assert.deepEqual(outcomes, ['wrong', 'wrong', 'wrong', 'limited']);
  });

  it('are one where a crowd comes with the same password at once', async () => {
    const { tries, verified } = start();
    const crowd = await Promise.all(
      Array.from({ length: 100 }, () => tries('10.0.0.9', 'ann', Buffer.from('s'), 's')),
    );
    assert.deepEqual(new Set(crowd), new Set(['right']));
    assert.deepEqual(verified, ['s']);
  });

  it('gain nothing by coming at once', async () => {
    const { tries, verified } = start();
    const guesses = Array.from({ length: 20 }, (_, index) =>
      tries('10.0.0.9', 'ann', Buffer.from(String(index)), '19'),
    );
    assert.equal((await Promise.all(guesses)).filter((outcome) => outcome !== 'limited').length, 3);
    assert.equal(verified.length, 3);
  });

  describe('at the broker', () => {
    afterEach(endAll);
    it('end with "unavailable" for that user; others come in', async () => {
      const users = await Promise.all(
        ['ann', 'bob'].map(async (name) => ({ name, passwordHash: await hashPassword(name), rights: [] })),
      );
      const { port, log } = await startBroker({ users });
      const login = (username: string, password: string) => client(port, { username, password });
      for (let i = 0; i < 10; i++) await assert.rejects(login('ann', `guess ${i}`), { code: 4 });
      await assert.rejects(login('ann', 'ann'), { code: 3 });
      await login('bob', 'bob');
      assert.match(log.join('\n'), /too many wrong passwords for "ann"/);
    });
  });
});
