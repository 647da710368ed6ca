import assert from 'node:assert/strict';
import type { BrokerStats } from '../../nodes/embedded-broker/broker.ts';
import { createRate } from '../../nodes/embedded-broker/rate.ts';
import { brokerReport } from '../../nodes/embedded-broker/report.ts';

describe('broker: what it tells of itself', () => {
  const stats: BrokerStats = {
    clients: 2,
    received: 100,
    sent: 50,
    failed: 1,
    receivedPerSecond: 3.14159,
    sentPerSecond: 0,
    sessions: 1,
    queued: 4,
    dropped: 0,
    retainedBytes: 300,
    unwritten: undefined,
    ingest: { ingested: 7, refused: 2, unstored: 0, failing: undefined },
  };

  const cases: [string, BrokerStats | undefined, string | undefined, string[]][] = [
    ['it is well', stats, undefined, []],
    ['it is starting', undefined, undefined, ['down: it is starting']],
    ['the port is taken', undefined, 'the port is taken', ['down: the port is taken']],
    ['it was stopped', stats, 'it was stopped', ['down: it was stopped']],
    [
      'the disk is full',
      {
        ...stats,
        unwritten: 'disk full',
        ingest: { ingested: 0, refused: 0, unstored: 3, failing: 'no room' },
      },
      undefined,
      ['what it has to keep cannot be written: disk full', 'measurements cannot be stored: no room'],
    ],
  ];
  for (const [what, of, failure, troubles] of cases)
    it(`when ${what}`, () => assert.deepEqual(brokerReport(of, failure).troubles, troubles));

  it('has facts, those of the ingest only where there is one', () => {
    const { facts } = brokerReport(stats, undefined);
    assert.deepEqual(facts, {
      clients: 2,
      receivedPerSecond: 3.1,
      sentPerSecond: 0,
      received: 100,
      failed: 1,
      sessions: 1,
      queued: 4,
      dropped: 0,
      retainedBytes: 300,
      ingested: 7,
      refused: 2,
      unstored: 0,
    });
    assert.equal('ingested' in brokerReport({ ...stats, ingest: undefined }, undefined).facts, false);
  });

  it('counts events of the last ten whole seconds', () => {
    let now = 5000;
    const rate = createRate(() => now);
    const busy = (seconds: number, each: number): void => {
      for (let second = 0; second < seconds; second++, now += 1000)
        for (let i = 0; i < each; i++) rate.count();
    };
    rate.count();
    assert.equal(rate.perSecond(), 1);
    now += 1000;
    assert.equal(rate.perSecond(), 1);
    busy(1, 5);
    assert.equal(rate.perSecond(), 3);
    busy(20, 7);
    assert.equal(rate.perSecond(), 7);
    now += 5000;
    assert.equal(rate.perSecond(), 3.5);
    now += 60_000;
    assert.equal(rate.perSecond(), 0);
    assert.equal(rate.total, 1 + 5 + 140);
  });
});
