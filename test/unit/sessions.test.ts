import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredUser } from '../../runtime/secrets.ts';
import { createSessions, type Sessions } from '../../runtime/sessions.ts';

const ann: StoredUser = { name: 'änn.b', role: 'operator', passwordHash: 'h1' };
const open = (user = ann, key = 'key', start = 0): { sessions: Sessions; wait: (ms: number) => void } => {
  let now = start;
  return {
    sessions: createSessions(key, new Map([[user.name, user]]), () => now),
    wait: (ms) => (now += ms),
  };
};

describe('sessions', () => {
  it('last eight hours', () => {
    const { sessions, wait } = open();
    const token = sessions.open(ann);
    assert.partialDeepStrictEqual(sessions.find(token), {
      user: 'änn.b',
      role: 'operator',
      expires: 28_800_000,
    });
    wait(28_799_999);
    assert.ok(sessions.find(token));
    wait(1);
    assert.equal(sessions.find(token), undefined);
  });

  it('outlive a restart, but neither a new key, nor a new password, nor their user', () => {
    const token = open().sessions.open(ann);
    assert.ok(open().sessions.find(token));
    assert.equal(open(ann, 'other').sessions.find(token), undefined);
    assert.equal(open({ ...ann, passwordHash: 'h2' }).sessions.find(token), undefined);
    assert.equal(open({ ...ann, name: 'bob' }).sessions.find(token), undefined);
  });

  it('take the role from the user, not from the token', () => {
    const token = open().sessions.open(ann);
    assert.equal(open({ ...ann, role: 'viewer' }).sessions.find(token)?.role, 'viewer');
  });

  it('end when they are closed, and tell', () => {
    const { sessions } = open();
    const token = sessions.open(ann);
    const session = sessions.find(token);
    assert.ok(session);
    const told: string[] = [];
    const cancel = sessions.onEnd(session, () => told.push('first'));
    sessions.onEnd(session, () => told.push('second'));
    cancel();
    sessions.close(session);
    assert.deepEqual(told, ['second']);
    assert.equal(sessions.find(token), undefined);
    assert.ok(sessions.find(sessions.open(ann)));
  });

  it('cannot be forged by changing a letter', () => {
    const { sessions } = open();
    const token = sessions.open(ann);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'a', '0', '.', '_', '-'), (at, sign) => {
        const forged = token.slice(0, at) + sign + token.slice(at + 1);
        // The last letter of base64 carries bits that stand for nothing.
        fc.pre(forged !== token && at !== token.length - 1);
        assert.equal(sessions.find(forged), undefined);
      }),
    );
    for (const rubbish of [undefined, '', '...', 'a.b.c.d.e'])
      assert.equal(sessions.find(rubbish), undefined);
  });
});
