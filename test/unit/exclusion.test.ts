import assert from 'node:assert/strict';
import { createGroup, type Member } from '../../nodes/safe-output/exclusion.ts';

const member = (id: string): Member & { heard: number } => {
  const self = { id, heard: 0, released: () => void self.heard++ };
  return self;
};

describe('exclusion group', () => {
  const pair = () => {
    const group = createGroup();
    const [heater, cooler] = [member('heater'), member('cooler')];
    group.join(heater);
    group.join(cooler);
    group.take('heater');
    return { group, heater, cooler };
  };

  it('is taken from all but its holder, and tells the others when it is free', () => {
    const { group, heater, cooler } = pair();
    assert.deepEqual([group.isTakenFrom('heater'), group.isTakenFrom('cooler')], [false, true]);
    group.release('cooler');
    assert.equal(group.isTakenFrom('cooler'), true);
    group.release('heater');
    assert.deepEqual([group.isTakenFrom('cooler'), heater.heard, cooler.heard], [false, 0, 1]);
  });

  it('keeps the place of a guard that is redeployed', () => {
    const { group, heater } = pair();
    group.leave(heater, false);
    assert.equal(group.isTakenFrom('cooler'), true);
    group.join(member('heater'));
    group.settle();
    assert.equal(group.isTakenFrom('cooler'), true);
  });

  it('is free once its holder is removed, or has not come back with the deploy', () => {
    const removed = pair();
    removed.group.leave(removed.heater, true);
    assert.equal(removed.group.isTakenFrom('cooler'), false);
    const renamed = pair();
    renamed.group.leave(renamed.heater, false);
    renamed.group.settle();
    assert.deepEqual([renamed.group.isTakenFrom('cooler'), renamed.cooler.heard], [false, 1]);
  });
});
