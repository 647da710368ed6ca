import assert from 'node:assert/strict';
import { createHealthBoard } from '../../nodes/lib/health.ts';

const well = { troubles: [], facts: {} };

describe('health board', () => {
  it('tells what each part tells, by its name', () => {
    const board = createHealthBoard();
    board.add('broker', () => ({ troubles: ['down'], facts: { clients: 2 } }));
    board.add('database', () => well);
    assert.deepEqual(board.read(), {
      broker: { troubles: ['down'], facts: { clients: 2 } },
      database: well,
    });
  });

  it('numbers parts of one name', () => {
    const board = createHealthBoard();
    for (let index = 0; index < 3; index++) board.add('database', () => well);
    assert.deepEqual(Object.keys(board.read()), ['database', 'database 2', 'database 3']);
  });

  it('forgets a part that is gone, and only that', () => {
    const board = createHealthBoard();
    const remove = board.add('database', () => ({ troubles: ['first'], facts: {} }));
    board.add('database', () => well);
    remove();
    remove();
    assert.deepEqual(board.read(), { database: well });
  });

  it('takes a part that throws for one in trouble', () => {
    const board = createHealthBoard();
    board.add('disk', () => {
      throw new Error('no such folder');
    });
    assert.deepEqual(board.read(), { disk: { troubles: ['cannot be read: no such folder'], facts: {} } });
  });
});
