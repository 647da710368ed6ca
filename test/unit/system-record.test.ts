import assert from 'node:assert/strict';
import { parse } from '../../nodes/system-status/config.ts';
import { recordOf, type Reading } from '../../nodes/system-status/system-record.ts';

const reading: Reading = {
  delay: { p50: 0.123456, p99: 4.5678, max: 30 },
  cpuMs: 1250,
  elapsedMs: 5000,
  memory: { rss: 100, heapUsed: 20, heapTotal: 30 },
  disk: { totalBytes: 1000, freeBytes: 250 },
  uptimeSeconds: 61.9,
};

describe('system-status: the record', () => {
  it('has a number and a unit for each quantity', () => {
    const { payload, units, troubles } = recordOf(reading, {});
    assert.deepEqual(payload, {
      delayP50: 0.12,
      delayP99: 4.57,
      delayMax: 30,
      cpu: 25,
      rss: 100,
      heapUsed: 20,
      heapTotal: 30,
      uptime: 61,
      diskUsed: 75,
      diskFree: 250,
      diskTotal: 1000,
      troubles: 0,
    });
    const { troubles: _count, ...measured } = payload;
    assert.deepEqual(Object.keys(units), Object.keys(measured));
    assert.deepEqual(
      [units['delayMax'], units['cpu'], units['rss'], units['uptime']],
      ['ms', '%', 'By', 's'],
    );
    assert.deepEqual(troubles, []);
  });

  it('has what each part tells, and every trouble with its part', () => {
    const { payload, troubles } = recordOf(reading, {
      broker: { troubles: [], facts: { clients: 3, listening: true } },
      database: { troubles: ['outbox 83 % full', 'away for 61 s'], facts: { bytes: null, kind: 'sqlite' } },
    });
    assert.equal(payload['broker/clients'], 3);
    assert.equal(payload['broker/listening'], true);
    assert.equal(payload['database/bytes'], null);
    assert.equal(payload['database/kind'], 'sqlite');
    assert.equal(payload['troubles'], 2);
    assert.deepEqual(troubles, ['database: outbox 83 % full', 'database: away for 61 s']);
  });

  it('leaves out a disk that is not known, and makes no number of no time', () => {
    const { payload, units } = recordOf({ ...reading, disk: undefined, elapsedMs: 0 }, {});
    for (const name of ['diskUsed', 'diskFree', 'diskTotal'])
      assert.ok(!(name in payload) && !(name in units));
    assert.equal(payload['cpu'], 0);
  });

  it('refuses a form it cannot use, by the field', () => {
    assert.deepEqual(parse({}), { name: '', outputTopic: 'system', periodSeconds: 5 });
    for (const [def, message] of [
      [{ periodSeconds: '0' }, 'periodSeconds: must be a number of at least 1 and at most 3600, got "0"'],
      [{ periodSeconds: 'x' }, 'periodSeconds: must be a number of at least 1 and at most 3600, got "x"'],
      [{ outputTopic: ' ' }, 'outputTopic: must not be blank, got " "'],
    ] as const)
      assert.throws(() => parse(def), { message });
  });
});
