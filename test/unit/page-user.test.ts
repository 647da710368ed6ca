import assert from 'node:assert/strict';
import { mayAct, stamped, userOf } from '../../nodes/dashboard-user/page-user.ts';

const roles = { admin: 'act', operator: 'act', viewer: 'look' } as const;
const op = { name: 'op', role: 'operator' };

describe('page user', () => {
  const cases: [string, Parameters<typeof mayAct>, boolean][] = [
    ["somebody else's Node-RED", [undefined, undefined], true],
    ['a user, no roles', [op, undefined], true],
    ['operator', [op, roles], true],
    ['viewer', [{ name: 'v', role: 'viewer' }, roles], false],
    ['nobody', [undefined, roles], false],
    ['an unknown role', [{ name: 'x', role: 'king' }, roles], false],
    ['a role that is a property of every object', [{ name: 'x', role: 'constructor' }, roles], false],
  ];
  for (const [who, args, may] of cases)
    it(`${may ? 'lets' : 'stops'} ${who}`, () => assert.equal(mayAct(...args), may));

  it('makes a command of what a page sends', () => {
    const msg = {
      topic: 'setpoint',
      payload: 25,
      timestamp: 1,
      quality: 'bad',
      qualities: {},
      unit: 'Cel',
      units: {},
      source: 'simulated',
      user: 'admin',
      _client: { socketId: 'x' },
    };
    assert.deepEqual(stamped(msg, op), { topic: 'setpoint', payload: 25, user: 'op' });
    assert.equal(msg.timestamp, 1);
    assert.deepEqual(stamped([{ payload: 1 }, 2], op), [
      { payload: 1, user: 'op' },
      { payload: 2, user: 'op' },
    ]);
    assert.deepEqual(stamped({ payload: 1, user: 'forged' }, undefined), { payload: 1 });
    assert.deepEqual(stamped('on', undefined), { payload: 'on' });
  });

  it('reads a user only where there is a whole one', () => {
    assert.deepEqual(userOf({ user: op }), op);
    for (const data of [undefined, null, {}, { user: 'op' }, { user: { name: 'op' } }])
      assert.equal(userOf(data), undefined);
  });
});
