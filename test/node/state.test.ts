import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Node, NodeAPI } from 'node-red';
import { defineNode, onInput } from '../../nodes/lib/node.ts';
import { stateDatabase, stateOf, type StateSlot } from '../../nodes/lib/state.ts';
import { stateReport } from '../../nodes/lib/state-file.ts';
import { runNodes, temporaryFolder, type FlowNode, type NodeFlow } from '../support/node-flow.ts';

const isNumber = (state: unknown): state is number => typeof state === 'number';
interface Keeper extends Node {
  slot: StateSlot<number>;
}
/** A node that keeps the last number it got and sends what it had kept before. */
const keeperOf =
  (version: number) =>
  (RED: NodeAPI): void => {
    defineNode<FlowDef, Keeper>(RED, 'keeper', (node) => {
      node.slot = stateOf(RED, node, version, isNumber);
      onInput(node, (msg, send) => {
        send({ payload: node.slot.load() });
        node.slot.save(Number(msg.payload));
      });
    });
  };
type FlowDef = Parameters<Parameters<typeof defineNode>[2]>[1];

const keeper = (id = 'keeper', change: object = {}): FlowNode => ({
  id,
  type: 'keeper',
  name: '',
  wires: [['out']],
  ...change,
});
const out: FlowNode = { id: 'out', type: 'probe', wires: [] };

describe('state', () => {
  const data = temporaryFolder();
  let flow: NodeFlow | undefined;
  const start = async (nodes: FlowNode[], version = 1): Promise<NodeFlow> => {
    await flow?.close();
    flow = await runNodes([keeperOf(version)], [...nodes, out], { userDir: data.folder });
    return flow;
  };
  /** Gives a number to a node; what it had kept before. */
  const swap = (payload: number, id = 'keeper'): unknown => {
    flow?.receive(id, { payload });
    return flow?.take('out')[0]?.['payload'];
  };
  const rows = (): string[] =>
    stateDatabase(data.folder)
      .prepare('SELECT path FROM state ORDER BY path')
      .all()
      .map((row) => String(row['path']));
  afterEach(async () => {
    await flow?.close();
    flow = undefined;
    stateDatabase(data.folder).exec('DELETE FROM state');
    stateDatabase(data.folder).close();
  });
  after(data.remove);

  it('survives a restart', async () => {
    await start([keeper()]);
    assert.equal(swap(1), undefined);
    assert.equal(swap(2), 1);
    await start([keeper()]);
    assert.equal(swap(3), 2);
  });

  it('is private to the user who runs it', async () => {
    await start([keeper()]);
    swap(1);
    for (const suffix of ['', '-wal', '-shm']) {
      const file = join(data.folder, `state.sqlite${suffix}`);
      assert.ok(existsSync(file));
      assert.equal(statSync(file).mode & 0o777, 0o600, file);
    }
  });

  it('of another version counts as none, and is replaced', async () => {
    await start([keeper()]);
    swap(1);
    await start([keeper()], 2);
    assert.equal(swap(2), undefined);
    await start([keeper()], 2);
    assert.equal(swap(3), 2);
    await start([keeper()], 1);
    assert.equal(swap(4), undefined);
  });

  for (const [name, text] of [
    ['has another shape', '{"value":1}'],
    ['is no JSON', '{"value'],
    ['is empty', ''],
  ] as const)
    it(`that ${name} counts as none`, async () => {
      await start([keeper()]);
      swap(1);
      stateDatabase(data.folder).prepare('UPDATE state SET state = ?').run(text);
      await start([keeper()]);
      assert.equal(swap(2), undefined);
      assert.deepEqual(flow?.errors(), []);
      assert.equal(swap(3), 2);
    });

  describe('for who must not start afresh where something was lost', () => {
    const look = (): unknown => flow?.node<Keeper>('keeper').slot.look();
    it('is none at first, then what was saved', async () => {
      await start([keeper()]);
      assert.deepEqual(look(), { kind: 'none' });
      swap(1);
      assert.deepEqual(look(), { kind: 'state', state: 1 });
    });
    for (const [name, change] of [
      ['has another shape', "state = '{}'"],
      ['is no JSON', "state = '{\"a'"],
      ['has another version', 'version = 2'],
    ] as const)
      it(`is unreadable where it ${name}`, async () => {
        await start([keeper()]);
        swap(1);
        stateDatabase(data.folder).exec(`UPDATE state SET ${change}`);
        await start([keeper()]);
        assert.deepEqual(look(), { kind: 'unreadable' });
        swap(2);
        assert.deepEqual(look(), { kind: 'state', state: 2 });
      });
  });

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`survives a deploy (${type}) that changes the node`, async () => {
      await start([keeper()]);
      swap(1);
      await flow?.deploy([keeper('keeper', { name: 'renamed' }), out], type);
      assert.equal(swap(2), 1);
    });

    it(`is dropped when the node is removed (${type})`, async () => {
      await start([keeper(), keeper('other')]);
      swap(1);
      swap(2, 'other');
      assert.deepEqual(rows(), ['tab/keeper', 'tab/other']);
      await flow?.deploy([keeper('other'), out], type);
      assert.deepEqual(rows(), ['tab/other']);
      await flow?.deploy([keeper(), keeper('other'), out], type);
      assert.equal(swap(3), undefined);
      assert.equal(swap(4, 'other'), 2);
    });
  }

  it('of a node in a subflow is found again although its id is new every time', async () => {
    const subflow: FlowNode[] = [
      { id: 'sub', type: 'subflow', name: 'two keepers', in: [], out: [] },
      keeper('inner', { z: 'sub', x: 100, y: 100, wires: [] }),
      { id: 'one', type: 'subflow:sub', wires: [] },
      { id: 'two', type: 'subflow:sub', wires: [] },
    ];
    const insert = stateDatabase(data.folder).prepare('INSERT INTO state VALUES (?, 1, ?)');
    insert.run('tab/one/inner', '1');
    insert.run('tab/two/inner', '2');
    const found: unknown[] = [];
    flow = await runNodes(
      [
        (RED) =>
          defineNode(RED, 'keeper', (node) => {
            found.push([Reflect.get(node, '_path'), stateOf(RED, node, 1, isNumber).load()]);
            assert.notEqual(node.id, 'inner');
          }),
      ],
      subflow,
      { userDir: data.folder },
    );
    assert.deepEqual(found, [
      ['tab/one/inner', 1],
      ['tab/two/inner', 2],
    ]);
  });

  describe('that changes all the time', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
    afterEach(() => mock.timers.reset());
    let value = 0;
    let reads = 0;
    const read = (): number => {
      reads++;
      return value;
    };
    const slotNow = (): StateSlot<number> | undefined => flow?.node<Keeper>('keeper').slot;
    beforeEach(async () => {
      value = reads = 0;
      await start([keeper()]);
    });

    it('is read and written once a second', () => {
      for (; value < 100; value++) {
        slotNow()?.saveSoon(read);
        mock.timers.tick(50);
      }
      assert.equal(reads, 5);
      assert.equal(slotNow()?.load(), 99);
    });

    it('is written when the node closes', async () => {
      value = 7;
      slotNow()?.saveSoon(read);
      assert.equal(slotNow()?.load(), undefined);
      await start([keeper()]);
      assert.equal(slotNow()?.load(), 7);
      assert.equal(reads, 1);
    });

    it('gives way to a discrete change', () => {
      slotNow()?.saveSoon(read);
      slotNow()?.save(3);
      mock.timers.tick(1000);
      assert.equal(slotNow()?.load(), 3);
      assert.equal(reads, 0);
    });

    it('is an error for Catch nodes when it cannot be read, not the end of the runtime', () => {
      slotNow()?.saveSoon(() => {
        throw new Error('no state today');
      });
      mock.timers.tick(1000);
      assert.deepEqual(flow?.errors(), ['no state today']);
    });
  });

  describe('in a file that refuses', () => {
    beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
    afterEach(() => mock.timers.reset());
    const waitingNow = (): unknown => stateReport(data.folder).facts['waiting'];
    const pragma = (text: string): void => stateDatabase(data.folder).exec(`PRAGMA ${text}`);
    const pages = (): number =>
      Number(stateDatabase(data.folder).prepare('PRAGMA page_count').get()?.['page_count']);
    /** Another process holds the lock of writers. */
    const lock = (): DatabaseSync => {
      const other = new DatabaseSync(join(data.folder, 'state.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      return other;
    };
    let other: DatabaseSync | undefined;
    const faults: Record<string, { begin: () => void; end: () => void; words: RegExp }> = {
      'is full': {
        begin: () => {
          // The next row needs a page that is not there.
          pragma(`max_page_count = ${pages()}`);
          const fill = stateDatabase(data.folder).prepare('INSERT OR REPLACE INTO state VALUES (?, 9, ?)');
          for (const length of [500, 1])
            assert.throws(() => {
              for (let row = 0; ; row++) fill.run(`tab/kee${length}/${row}`, 'x'.repeat(length));
            }, /full/);
        },
        end: () => pragma('max_page_count = 100000'),
        words: /database or disk is full/,
      },
      'is locked': {
        begin: () => {
          other = lock();
        },
        end: () => other?.close(),
        words: /database is locked/,
      },
      'cannot be written': {
        begin: () => pragma('query_only = 1'),
        end: () => pragma('query_only = 0'),
        words: /readonly database/,
      },
    };
    const big = 1 / 3; // longer than what it replaces, so that a full file has no room for it
    for (const [name, { begin, end, words }] of Object.entries(faults))
      it(`(it ${name}) is kept in memory, told once, and written when that is over`, async () => {
        await start([keeper(), keeper('other')]);
        swap(1);
        begin();
        try {
          for (let value = 2; value < 50; value++) {
            assert.equal(swap(big + value), value === 2 ? 1 : big + (value - 1));
            swap(value, 'other');
          }
          assert.deepEqual(flow?.errors(), [], 'control has not noticed');
          assert.match(String(stateReport(data.folder).troubles), words);
          assert.match(flow?.warnings().join() ?? '', words);
          assert.equal(flow?.warnings().length, 1, 'it is told once');
          mock.timers.tick(5000);
          assert.ok(Number(waitingNow()) > 0);
        } finally {
          end();
        }
        mock.timers.tick(1000);
        assert.deepEqual(stateReport(data.folder), { troubles: [], facts: { waiting: 0 } });
        await start([keeper(), keeper('other')]);
        assert.equal(swap(0), big + 49);
        assert.equal(swap(0, 'other'), 49);
      });

    it('is dropped all the same when its node is removed meanwhile', async () => {
      await start([keeper(), keeper('other')]);
      swap(1);
      swap(2, 'other');
      pragma('query_only = 1');
      swap(3);
      await flow?.deploy([keeper('other'), out], 'full');
      pragma('query_only = 0');
      mock.timers.tick(1000);
      assert.deepEqual(rows(), ['tab/other']);
    });
  });

  describe('in a file that cannot be read', () => {
    const file = join(data.folder, 'state.sqlite');
    const aside = (): string[] =>
      readdirSync(data.folder).filter((name) => /^state\.sqlite\.damaged-[\dTZ-]+$/.test(name));
    beforeEach(async () => {
      await start([keeper(), ...Array.from({ length: 60 }, (_, index) => keeper(`k${index}`))]);
      swap(1);
      for (let index = 0; index < 60; index++) swap(index, `k${index}`);
      await flow?.close();
      flow = undefined;
    });
    afterEach(() => {
      stateDatabase(data.folder).close();
      rmSync(data.folder, { recursive: true });
    });
    const half = (): Buffer => readFileSync(file).subarray(0, statSync(file).size / 2);
    const damages: Record<string, () => Buffer> = {
      'is empty': () => Buffer.alloc(0),
      'is cut in half': half,
      'is full of zeros': () => Buffer.alloc(statSync(file).size),
      'is noise': () => Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 251)),
      'has noise in the middle': () => {
        const bytes = readFileSync(file);
        return bytes.fill('noise', 4096, 6000);
      },
    };
    for (const [name, damage] of Object.entries(damages))
      it(`(it ${name}) begins afresh, and keeps the file under another name`, async () => {
        const bytes = damage();
        writeFileSync(file, bytes);
        await start([keeper()]);
        assert.deepEqual(flow?.node<Keeper>('keeper').slot.look(), { kind: 'unreadable' });
        assert.equal(swap(5), undefined);
        assert.equal(swap(6), 5);
        assert.equal(aside().length, 1);
        assert.deepEqual(
          readFileSync(join(data.folder, aside()[0] ?? '')).subarray(0, 20),
          bytes.subarray(0, 20),
        );
        assert.match(
          flow?.warnings().join() ?? '',
          /could not be read and is kept as state\.sqlite\.damaged-/,
        );
        assert.deepEqual(stateReport(data.folder).troubles, []);
        assert.equal(stateReport(data.folder).facts['putAside'], aside()[0]);
      });

    it('(it is no file) lives in memory, and says so', async () => {
      rmSync(file);
      mkdirSync(file);
      await start([keeper()]);
      assert.equal(swap(5), undefined);
      assert.equal(swap(6), 5);
      assert.match(
        String(stateReport(data.folder).troubles),
        /^cannot be opened, .*: unable to open database file$/,
      );
    });
  });

  it('saved is saved: kill -9 loses nothing', async () => {
    const writer = fileURLToPath(new URL('../support/state-writer.ts', import.meta.url));
    for (const lines of [1, 20, 300]) {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', writer, data.folder]);
      const exit = once(child, 'exit');
      let said = 0;
      for await (const line of createInterface(child.stdout)) {
        said = Number(line);
        if (said === lines) child.kill('SIGKILL');
      }
      assert.deepEqual(await exit, [null, 'SIGKILL']);
      const [row] = stateDatabase(data.folder).prepare('SELECT state FROM state').all();
      const kept = Number(row?.['state']);
      assert.ok(said >= lines && kept >= said && kept <= said + 1, `said ${said}, kept ${kept}`);
    }
  });
});
