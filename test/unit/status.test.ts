import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import fc from 'fast-check';
import type { Node, NodeStatus } from 'node-red';
import { statusOf, statusText, type Status } from '../../nodes/lib/status.ts';

describe('status: the text', () => {
  const cases: [Status, string][] = [
    [{ kind: 'idle' }, ''],
    [{ kind: 'lost', text: 'configuration' }, 'configuration'],
    [{ kind: 'nominal', value: 24.98765, unit: 'Cel' }, '24.99 °C'],
    [{ kind: 'nominal', value: 0, unit: '%' }, '0 %'],
    [{ kind: 'nominal', value: 7.1, unit: '[pH]', text: 'drifting' }, '7.1 pH drifting'],
    [{ kind: 'nominal', value: 1013.25, unit: 'hPa' }, '1013 hPa'],
    [{ kind: 'nominal', value: true }, 'on'],
    [{ kind: 'nominal', value: false, text: 'manual' }, 'off manual'],
    [{ kind: 'fault', value: null, unit: 'Cel', text: 'no sensor' }, 'no sensor'],
  ];
  for (const [status, text] of cases)
    it(text === '' ? 'none' : text, () => assert.equal(statusText(status), text));

  it('has at most 20 characters', () => {
    fc.assert(
      fc.property(fc.string(), fc.double(), fc.string(), (text, value, unit) =>
        assert.ok(statusText({ kind: 'nominal', text, value, unit }).length <= 20),
      ),
    );
  });
});

describe('status: the light', () => {
  let shown: NodeStatus[];
  let node: Node;
  const texts = (): (string | undefined)[] => shown.map(({ text }) => text);
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    shown = [];
    node = Object.assign(new EventEmitter(), {
      status: (status: NodeStatus) => shown.push(status),
    }) as object as Node;
  });
  afterEach(() => mock.timers.reset());
  const show = (text: string): void => statusOf(node).show({ kind: 'nominal', text });

  const looks: [Status['kind'], NodeStatus['fill'], NodeStatus['shape']][] = [
    ['idle', 'grey', 'ring'],
    ['waiting', 'yellow', 'ring'],
    ['nominal', 'green', 'dot'],
    ['simulated', 'blue', 'dot'],
    ['limited', 'yellow', 'dot'],
    ['lost', 'red', 'ring'],
    ['fault', 'red', 'dot'],
  ];
  for (const [kind, fill, shape] of looks)
    it(`${kind} is a ${fill} ${shape}`, () => {
      statusOf(node).show({ kind, text: 'x' });
      assert.deepEqual(shown, [{ fill, shape, text: 'x' }]);
    });

  it('there is one per node', () => assert.equal(statusOf(node), statusOf(node)));

  it('shows the first at once and the last of a burst a second later', () => {
    for (const text of ['1', '2', '3']) show(text);
    assert.deepEqual(texts(), ['1']);
    mock.timers.tick(999);
    assert.deepEqual(texts(), ['1']);
    mock.timers.tick(1);
    assert.deepEqual(texts(), ['1', '3']);
  });

  it('shows changes only', () => {
    show('1');
    mock.timers.tick(5000);
    show('1');
    show('2');
    assert.deepEqual(texts(), ['1', '2']);
    show('1');
    show('2');
    mock.timers.tick(5000);
    assert.deepEqual(texts(), ['1', '2']);
  });

  it('a change of colour is a change', () => {
    show('x');
    mock.timers.tick(1000);
    statusOf(node).show({ kind: 'fault', text: 'x' });
    assert.deepEqual(
      shown.map(({ fill }) => fill),
      ['green', 'red'],
    );
  });

  it('is drawn at most once a second, whatever comes, and ends with what came last', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1500 }), fc.constantFrom('a', 'b', 'c'))),
        (plan) => {
          shown = [];
          let time = 0;
          const drawn: number[] = [];
          node = Object.assign(new EventEmitter(), {
            status: (status: NodeStatus) => {
              drawn.push(time);
              shown.push(status);
            },
          }) as object as Node;
          const pass = (ms: number): void => {
            for (let left = ms; left > 0; left -= 50) {
              time += 50;
              mock.timers.tick(50);
            }
          };
          for (const [wait, text] of plan) {
            pass(wait - (wait % 50));
            show(text);
          }
          pass(2000);
          assert.equal(texts().at(-1), plan.at(-1)?.[1]);
          for (const [index, at] of drawn.entries())
            assert.ok(index === 0 || at - (drawn[index - 1] ?? 0) >= 1000);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('shows what was waiting when the node closes, and is silent from then on', () => {
    show('1');
    show('2');
    node.emit('close');
    assert.deepEqual(texts(), ['1', '2']);
    show('3');
    mock.timers.tick(5000);
    assert.deepEqual(texts(), ['1', '2']);
  });
});
