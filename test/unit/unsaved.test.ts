import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createUnsaved } from '../../nodes/lib/unsaved.ts';

describe('what could not be written yet', () => {
  it('whatever fails and when: a reader always sees the newest, and in the end it is written', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key: fc.constantFrom('a', 'b', 'c'), value: fc.nat() }),
      fc.record({ kind: fc.constant('fail' as const), after: fc.nat(3) }),
      fc.record({ kind: fc.constant('heal' as const) }),
      fc.record({ kind: fc.constant('tick' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const written = new Map<string, number>();
        const newest = new Map<string, number>();
        let left = Infinity;
        const timers: (() => void)[] = [];
        const unsaved = createUnsaved<number>(
          (key, value) => {
            if (left-- <= 0) throw new Error('full');
            written.set(key, value);
          },
          (retry) => timers.push(retry),
        );
        const tick = (): void => timers.splice(0).forEach((retry) => retry());
        const seen = (key: string): number | undefined => unsaved.kept(key)?.value ?? written.get(key);
        for (const now of steps) {
          if (now.kind === 'put') {
            unsaved.put(now.key, now.value);
            newest.set(now.key, now.value);
          } else if (now.kind === 'fail') left = now.after;
          else if (now.kind === 'heal') left = Infinity;
          else tick();
          for (const [key, value] of newest) assert.equal(seen(key), value);
          assert.equal(timers.length, unsaved.size > 0 ? 1 : 0, 'one retry waits where something is kept');
          assert.equal(unsaved.reason, unsaved.size > 0 ? 'full' : undefined);
        }
        left = Infinity;
        tick();
        assert.equal(unsaved.size, 0);
        assert.deepEqual(written, newest);
      }),
    );
  });
});
