import assert from 'node:assert/strict';
import { obstacleOf } from '../../runtime/flow-watch.ts';
import { createLinkWatch, flowsReport, healthOf, type FlowFacts } from '../../runtime/plant-health.ts';

describe('the health of a plant', () => {
  it('is ok while no part is in trouble', () => {
    assert.deepEqual(healthOf({}), { status: 'ok', troubles: [] });
    assert.deepEqual(healthOf({ broker: { troubles: [], facts: { clients: 3 } } }), {
      status: 'ok',
      troubles: [],
    });
  });

  it('tells every trouble with its part, and no fact', () => {
    const reports = {
      broker: { troubles: [], facts: { clients: 3 } },
      database: { troubles: ['outbox 83 % full', 'away for 61 s'], facts: { rows: 5 } },
      disk: { troubles: ['only 3 % of the disk is free'], facts: {} },
    };
    assert.deepEqual(healthOf(reports), {
      status: 'trouble',
      troubles: [
        'database: outbox 83 % full',
        'database: away for 61 s',
        'disk: only 3 % of the disk is free',
      ],
    });
  });

  const flows: [string, FlowFacts, string[]][] = [
    ['run', { state: 'running', nodes: 3 }, []],
    ['are empty', { state: 'running', nodes: 0 }, ['no node runs']],
    ['start', { state: 'starting', nodes: 0 }, ['they are starting']],
    ['are stopped', { state: 'stopped', nodes: 0 }, ['they are stopped']],
    ['wait', { state: 'stopped', obstacle: 'they wait for x', nodes: 0 }, ['they wait for x']],
  ];
  for (const [name, facts, troubles] of flows)
    it(`tells when the flows ${name}`, () => assert.deepEqual(flowsReport(facts).troubles, troubles));

  it('says in words what keeps the flows from starting', () => {
    assert.equal(
      obstacleOf({ state: 'stop', error: 'missing-types', types: ['a', 'b'] }),
      'they wait for nodes that are not installed: a, b',
    );
    assert.equal(obstacleOf({ error: 'credentials_load_failed' }), 'their credentials cannot be decrypted');
    assert.equal(obstacleOf({ error: 'safe-mode' }), 'they have not started: safe-mode');
    assert.equal(obstacleOf({ state: 'start' }), undefined);
  });
});

describe('connections of the flows to the broker', () => {
  const up = (id: string) => ({ id, connected: true });
  const down = (id: string) => ({ id, connected: false });

  it('are in trouble once one has been down for more than a minute, until it is back', () => {
    const watch = createLinkWatch();
    assert.deepEqual(watch.report(0), { troubles: [], facts: { connections: 0, connected: 0 } });
    watch.see([up('a'), up('b')], 0);
    watch.see([down('a'), up('b')], 1000);
    assert.deepEqual(watch.report(61_000), { troubles: [], facts: { connections: 2, connected: 1 } });
    watch.see([down('a'), down('b')], 50_000);
    assert.deepEqual(watch.report(61_001).troubles, [
      '1 of 2 connections to the broker have been down for 60 s',
    ]);
    watch.see([down('a'), down('b')], 115_000);
    assert.deepEqual(watch.report(115_000).troubles, [
      '2 of 2 connections to the broker have been down for 114 s',
    ]);
    watch.see([up('a'), up('b')], 116_000);
    assert.deepEqual(watch.report(200_000).troubles, []);
  });

  it('that flicker are patient again each time', () => {
    const watch = createLinkWatch();
    for (let now = 0; now < 600_000; now += 50_000) watch.see([now % 100_000 ? up('a') : down('a')], now);
    assert.deepEqual(watch.report(600_000).troubles, []);
  });

  it('that a deploy takes away are forgotten', () => {
    const watch = createLinkWatch();
    watch.see([down('a')], 0);
    watch.see([], 1000);
    watch.see([down('a')], 70_000);
    assert.deepEqual(watch.report(80_000).troubles, []);
  });
});
