import assert from 'node:assert/strict';
import { statuses, type BatchStatus } from '../../nodes/lib/batch-status.ts';
import fc from 'fast-check';
import { judged } from '../../nodes/batch-manager/availability.ts';
import { newBatchId, type StoredBatch } from '../../nodes/batch-manager/batch.ts';
import { brewingOf, parseEntry } from '../../nodes/batch-manager/journal.ts';
import { effectOf, parseUpdate } from '../../nodes/batch-manager/status-update.ts';
import { commands, isOver, routes, transition } from '../../nodes/batch-manager/statuses.ts';
import { step, storedBatch } from '../support/brewery.ts';

const NOW = 1_790_000_000_500;
const { Id } = storedBatch();

describe('batch-manager: statuses', () => {
  // S same, L legal, - illegal: rows are where a batch is, columns where it is to go.
  const matrix: Readonly<Record<BatchStatus, string>> = {
    'Ready to Start': 'SL---LL',
    'In Progress': '-SLL-LL',
    'On Hold': '-LS--LL',
    'Ready for Pickup': '---SLLL',
    Finished: '----S--',
    Cancelled: '-----S-',
    Failed: '------S',
  };
  const letters = { same: 'S', legal: 'L', illegal: '-' } as const;
  for (const from of statuses)
    it(`from ${from}`, () =>
      assert.equal(statuses.map((to) => letters[transition(from, to)]).join(''), matrix[from]));

  it('are all within reach, and all lead to an end', () => {
    const reached = new Set<BatchStatus>(['Ready to Start']);
    for (const from of reached) for (const to of routes[from]) reached.add(to);
    assert.deepEqual([...reached].toSorted(), statuses.toSorted());
    assert.deepEqual(statuses.filter(isOver), ['Finished', 'Cancelled', 'Failed']);
  });

  it('allow a command each', () => {
    const allowed = statuses.map((status) =>
      Object.keys(commands).filter((word) => commands[word]?.includes(status)),
    );
    assert.deepEqual(allowed, [
      ['start', 'abort'],
      ['hold', 'finish', 'abort'],
      ['unhold', 'abort'],
      ['pickup', 'abort'],
      [],
      [],
      [],
    ]);
  });
});

describe('batch-manager: what a reactor says of a batch', () => {
  const accepted = { Accepted: true, State: 'ready-to-start', Seq: 5 };
  for (const [what, before, said, wanted] of [
    [
      'is its acceptance',
      {},
      { Status: 'Ready to Start', State: 'received', Seq: 1 },
      { Status: 'Ready to Start', Accepted: true, Changed: NOW, Seq: 1, State: 'received' },
    ],
    ['is no news twice', accepted, { Status: 'Ready to Start', State: 'ready-to-start', Seq: 5 }, 'nothing'],
    [
      'is a new state of the same status',
      accepted,
      { Status: 'Ready to Start', State: 'connecting', Seq: 6 },
      { Status: 'Ready to Start', Accepted: true, Changed: NOW, Seq: 6, State: 'connecting' },
    ],
    [
      'is the start',
      accepted,
      { Status: 'In Progress', State: 'running', Seq: '7' },
      {
        Status: 'In Progress',
        Accepted: true,
        Changed: NOW,
        Seq: 7,
        State: 'running',
        Started: 1_790_000_000,
      },
    ],
    [
      'is the start, without an acceptance before',
      {},
      { Status: 'In Progress' },
      { Status: 'In Progress', Accepted: true, Changed: NOW, Started: 1_790_000_000 },
    ],
    [
      'does not start twice',
      { ...accepted, Status: 'On Hold', Started: 7 },
      { Status: 'In Progress', Seq: 9 },
      { Status: 'In Progress', Accepted: true, Changed: NOW, Seq: 9 },
    ],
    [
      'is the end, with a reason',
      { ...accepted, Status: 'In Progress' },
      { Status: 'Failed', Reason: 'sensor', Seq: 8 },
      { Status: 'Failed', Accepted: true, Changed: NOW, Seq: 8, Reason: 'sensor', Ended: 1_790_000_000 },
    ],
    [
      'goes on, and why it was held is no news any more',
      { ...accepted, Status: 'On Hold', Reason: 'held by ann', Started: 1_790_000_000 },
      { Status: 'In Progress', Seq: 8 },
      { Status: 'In Progress', Accepted: true, Changed: NOW, Seq: 8, Reason: null },
    ],
    ['is late', { ...accepted, Status: 'In Progress' }, { Status: 'Ready for Pickup', Seq: 4 }, 'nothing'],
    [
      'is late, and would be illegal',
      { ...accepted, Status: 'In Progress' },
      { Status: 'Finished', Seq: 4 },
      'nothing',
    ],
    [
      'is of an end again',
      { ...accepted, Status: 'Finished' },
      { Status: 'Finished', State: 'idle', Seq: 9 },
      'nothing',
    ],
    ['is not legal', accepted, { Status: 'Finished', Seq: 6 }, 'Ready to Start cannot become Finished'],
    [
      'comes after the end',
      { Status: 'Cancelled' },
      { Status: 'In Progress' },
      'Cancelled cannot become In Progress',
    ],
    [
      'is from another reactor',
      {},
      { Status: 'In Progress', Bioreactor: { Id: 'pi02' } },
      'it is a batch of pi01, not of pi02',
    ],
    [
      'is a rejection',
      {},
      { Status: 'Rejected', Reason: 'busy', Seq: 3 },
      { Status: 'Failed', Reason: 'busy', Changed: NOW, Ended: 1_790_000_000, Seq: 3 },
    ],
    [
      'is a rejection after the acceptance',
      accepted,
      { Status: 'Rejected' },
      'the reactor has accepted it already',
    ],
    ['is a rejection again', { Status: 'Failed' }, { Status: 'Rejected', Reason: 'busy' }, 'nothing'],
  ] as const)
    it(what, () => {
      const effect = effectOf(
        storedBatch(before),
        parseUpdate({ Id, Bioreactor: { Id: 'pi01' }, ...said }),
        NOW,
      );
      const result = effect === 'nothing' ? effect : 'changes' in effect ? effect.changes : effect.complaint;
      assert.deepEqual(result, wanted);
    });

  for (const [payload, complaint] of [
    ['{', /^payload: must be an object or its JSON, got "\{"$/],
    [7, /^payload: .*got 7$/],
    [{ Id: ' x', Status: 'Finished' }, /^Id: must be text of 1 to 120 characters, got " x"$/],
    [{ Id, Status: 'Finished' }, /^Bioreactor\.Id: must be text of 1 to 120 characters, got nothing$/],
    [{ Id, Status: 'Done' }, /^Status: must be one of Ready to Start, .*Rejected, got "Done"$/],
    [{ Id }, /^Status: .*got nothing$/],
    [{ Id, Status: 'Finished', Seq: 'x' }, /^Seq: must be a number, got "x"$/],
  ] as const)
    it(`is refused: ${String(complaint)}`, () =>
      assert.throws(() => parseUpdate(payload), { message: complaint }));

  it('is read from text, and no more of its words than fit', () => {
    const text = JSON.stringify({
      Id,
      Status: 'Failed',
      Bioreactor: { Id: 'pi01' },
      Reason: `\0${'x'.repeat(600)}`,
    });
    assert.equal(parseUpdate(text).Reason, 'x'.repeat(500));
  });
});

describe('batch-manager: a reactor that says it is free', () => {
  const clock = { now: () => 100_000, acceptMs: 60_000 };
  const reactor = (Reserved: number) =>
    ({
      Id: 'pi01',
      Facility: 'TJ|22105',
      FacilityName: 'x',
      Available: 'False',
      Batch: Id,
      Reserved,
    }) as const;
  for (const [what, batch, reserved, retained, verdict] of [
    ['while the batch is being made', undefined, 50_000, false, 'keep'],
    ['when the batch was never made', undefined, 40_000, false, 'free'],
    ['before it has answered', { AcceptBy: 100_001 }, 50_000, false, 'keep'],
    ['when it has not answered in time', { AcceptBy: 100_000 }, 40_000, false, 'fail'],
    ['just after it has answered', { Accepted: true, Changed: 40_001 }, 0, false, 'keep'],
    ['long after it has answered', { Accepted: true, Changed: 40_000 }, 0, false, 'fail'],
    ['while it brews', { Accepted: true, Changed: 99_999, Status: 'In Progress' }, 0, false, 'fail'],
    ['while it brews, out of the memory of the broker', { Status: 'In Progress' }, 0, true, 'keep'],
    ['when the batch is over', { Status: 'Finished' }, 0, false, 'free'],
    ['when the batch is over, out of the memory of the broker', { Status: 'Failed' }, 0, true, 'free'],
  ] as const)
    it(`${what}: ${verdict}`, () => {
      const stored: StoredBatch | undefined = batch && storedBatch(batch);
      assert.equal(judged(reactor(reserved), stored, retained, clock), verdict);
    });
});

describe('batch-manager: the journal of a reactor', () => {
  for (const [from, to, refused, wanted] of [
    [
      'ready-to-start',
      'running',
      false,
      { first: { From: 1000, Unit: 'bioreactor/1' }, always: { Until: null } },
    ],
    ['running', 'held', false, 'no'],
    ['held', 'running', false, 'no'],
    ['running', 'ready-for-pickup', false, { always: { Until: 1000 } }],
    ['held', 'aborted', false, { always: { Until: 1000 } }],
    ['running', 'fault', false, { always: { Until: 1000 } }],
    ['ready-for-pickup', 'cleaning', false, 'no'],
    ['ready-to-start', 'running', true, 'no'],
  ] as const)
    it(`${from} to ${to}${refused ? ', refused' : ''}`, () =>
      assert.deepEqual(brewingOf(parseEntry(step(1, from, to, { at: 1000, refused }))), wanted));

  for (const [change, complaint] of [
    [{ id: '' }, /^id: must be text of 1 to 120 characters, got ""$/],
    [{ seq: 'x' }, /^seq: must be a number, got "x"$/],
    [{ at: undefined }, /^at: must be a time in ms, got nothing$/],
    [{ unit: '#' }, /^unit: must be the topic of a unit, got "#"$/],
    [{ batch: 7 }, /^batch: must be text of 1 to 120 characters, got 7$/],
  ] as const)
    it(`refuses ${String(complaint)}`, () =>
      assert.throws(() => parseEntry(step(1, 'a', 'b', change)), { message: complaint }));
});

describe('batch-manager: ids', () => {
  it('are ten characters, each as likely as the other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (some) => {
        // Without a byte that can be used it would try for ever, which random ones do not.
        const id = newBatchId((bytes) => (bytes.set(some), bytes.set([0], 0), bytes));
        assert.match(id, /^[0-9a-z]{10}$/);
      }),
    );
    const bytes = [251, 252, 255, 35, 36, 0, 1, 2, 3, 4, 5, 6];
    assert.equal(
      newBatchId((buffer) => (buffer.fill(7), buffer.set(bytes), buffer)),
      'zz00123456',
    );
  });
});
