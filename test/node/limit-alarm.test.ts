import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { alarmsOf, type AlarmEvent } from '../../nodes/lib/alarms.ts';
import { wallClock } from '../../nodes/lib/plant-clock.ts';
import { stateDatabase } from '../../nodes/lib/state.ts';
import { healthBoardOf } from '../../nodes/lib/settings.ts';
import limitAlarm from '../../nodes/limit-alarm/limit-alarm.ts';
import { bench, type Bench } from '../support/bench.ts';

const row = (condition: string, limit: unknown, more: object = {}) => ({ condition, limit, ...more });
const def = {
  type: 'limit-alarm',
  quantity: 'temperature',
  conditions: JSON.stringify([
    row('high', 27, { deadband: 0.5 }),
    row('stale', 60, { priority: 'critical' }),
    row('bad-quality', 'true'),
  ]),
};
const reading = (temperature: unknown, topic = 'fish-tank/1', extra: object = {}) => ({
  topic,
  payload: { temperature, ph: 7 },
  units: { temperature: 'Cel' },
  qualities: { temperature: temperature === null ? 'bad' : 'good' },
  source: 'simulated',
  ...extra,
});

describe('limit-alarm', () => {
  let plant: Bench;
  let api: NodeAPI;
  const adapter = (RED: NodeAPI): void => {
    api = RED;
    limitAlarm(RED);
  };
  const start = async (change: object = {}): Promise<void> => {
    plant = await bench(adapter, { ...def, ...change }, { outputs: 2 });
  };
  beforeEach(() => stateDatabase(undefined).exec('DELETE FROM state'));
  afterEach(() => plant.close());
  const events = (): AlarmEvent[] => plant.take().map((msg) => msg['payload'] as AlarmEvent);
  const actions = (): string[] =>
    events().map(({ series, condition, action }) => `${series}:${condition} ${action}`);
  const states = (): unknown[] => plant.take(2).map(({ topic, payload }) => [topic, payload]);

  it('tells a transition once, with all that people ask', async () => {
    await start();
    plant.receive(reading(26));
    assert.deepEqual(states(), [['fish-tank/1/temperature/alarm', false]]);
    plant.clock.advance(12 * 60_000 - 1);
    plant.take();
    plant.take(2);
    plant.receive(reading(27.3));
    const [raised, stale] = plant.take();
    assert.partialDeepStrictEqual(stale?.['payload'], { condition: 'stale', action: 'cleared' });
    assert.equal(raised?.['topic'], 'fish-tank/1/temperature/alarm');
    const { at, since, ...rest } = Object(raised?.['payload']) as AlarmEvent;
    assert.equal(since, plant.clock.now());
    assert.equal(at, wallClock(api).now());
    assert.deepEqual(rest, {
      id: 'fish-tank/1/temperature:high',
      series: 'fish-tank/1/temperature',
      condition: 'high',
      state: 'unacknowledged',
      previous: 'normal',
      action: 'raised',
      priority: 'high',
      value: 27.3,
      limit: 27,
      unit: 'Cel',
      timeline: 'simulated',
      message: 'Fish tank 1 temperature is 27.3 °C, above the high limit of 27 °C since 00:11',
    });
    const [active] = plant.take(2);
    assert.equal(active?.['payload'], true);
    assert.equal([active?.['entries']].flat().length, 2, 'the returned stale alarm is still on the list');
    plant.receive(reading(28));
    plant.receive(reading(26.6));
    assert.deepEqual([actions(), states()], [[], []]);
    plant.receive(reading(26.5));
    assert.deepEqual(actions(), ['fish-tank/1/temperature:high cleared']);
    assert.deepEqual(states(), [['fish-tank/1/temperature/alarm', false]]);
  });

  it('keeps the units of one quantity apart', async () => {
    await start();
    for (const [tank, value] of [26, 28, 29].entries())
      plant.receive(reading(value, `fish-tank/${tank + 1}`));
    assert.deepEqual(actions(), [
      'fish-tank/2/temperature:high raised',
      'fish-tank/3/temperature:high raised',
    ]);
    plant.receive({ topic: 'fish-tank/4', payload: { ph: 7 } });
    assert.equal(alarmsOf(api).limits().length, 3);
  });

  it('takes limits by message, for one series or all, and back', async () => {
    await start();
    plant.receive(reading(26));
    plant.receive(reading(26, 'fish-tank/2'));
    plant.receive({ topic: 'limits', payload: { high: 25 }, series: 'fish-tank/2/temperature' });
    assert.deepEqual(actions(), ['fish-tank/2/temperature:high raised']);
    await plant.redeploy('full');
    assert.deepEqual(
      alarmsOf(api)
        .limits()
        .map(({ series, limit }) => [series, limit]),
      [
        ['fish-tank/1/temperature', 27],
        ['fish-tank/2/temperature', 25],
      ],
    );
    plant.receive({ topic: 'limits', payload: { high: null } });
    const [cleared] = events();
    assert.equal(cleared?.message, 'Fish tank 2 temperature is no longer watched for its high limit');
    plant.receive({ topic: 'limits', payload: null });
    assert.deepEqual(
      alarmsOf(api)
        .limits()
        .map(({ limit }) => limit),
      [27, 27],
    );
    plant.receive({ topic: 'limits', payload: { high: 'x' } });
    plant.receive({ topic: 'limits', payload: { higher: 1 } });
    plant.receive({ topic: 'limits', payload: { low: 30 } });
    plant.receive({ topic: 'limits', payload: {}, series: 'nobody' });
    assert.deepEqual(plant.errors(), [
      'payload.high: must be a number or null, got "x"',
      'payload: must have limits named high-high, high, low, low-low, rate, deviation, stale, bad-quality, got "higher"',
      'payload: high must be above low (30), got 27',
      'series: must be one that has been seen, got "nobody"',
    ]);
    assert.deepEqual(
      alarmsOf(api)
        .limits()
        .map(({ limit }) => limit),
      [27, 27],
    );
  });

  it('watches the deviation from the setpoint of a message or of the record', async () => {
    await start({ conditions: JSON.stringify([row('deviation', 1)]) });
    plant.receive({ topic: 'setpoint', payload: 25 });
    plant.receive(reading(26.5));
    assert.equal(
      events()[0]?.message,
      'Fish tank 1 temperature is 1.5 °C off its setpoint, above the limit of 1 °C since 00:00',
    );
    plant.receive({ topic: 'setpoint', payload: 26 });
    assert.deepEqual(actions(), ['fish-tank/1/temperature:deviation cleared']);
    plant.receive({ topic: 'setpoint', payload: 'warm' });
    assert.deepEqual(plant.errors(), ['payload: must be a finite number or null, got "warm"']);
    await plant.redeploy('full', { setpointQuantity: 'ph' });
    plant.receive(reading(26.5));
    assert.equal(events()[0]?.value, 19.5);
  });

  it('is told apart by silence and bad quality, and reports an unusable payload', async () => {
    await start({ topics: 'fish-tank/1, fish-tank/2' });
    plant.receive(reading(26));
    plant.receive(reading(99, 'fish-tank/3'));
    plant.clock.advance(60_000);
    assert.deepEqual(actions(), [
      'fish-tank/1/temperature:stale raised',
      'fish-tank/2/temperature:stale raised',
    ]);
    assert.deepEqual(healthBoardOf(api).read()['alarms']?.troubles, [
      'fish-tank/1/temperature is stale',
      'fish-tank/2/temperature is stale',
    ]);
    plant.receive(reading(null));
    assert.deepEqual(actions(), ['fish-tank/1/temperature:bad-quality raised']);
    assert.deepEqual(plant.errors(), []);
    plant.receive(reading('hot'));
    plant.receive({ topic: '', payload: 1 });
    assert.deepEqual(plant.errors(), [
      'payload.temperature: must be a finite number, true or false, got "hot"',
      'topic: must be text, got ""',
    ]);
    plant.receive(reading(26));
    assert.deepEqual(actions(), [
      'fish-tank/1/temperature:stale cleared',
      'fish-tank/1/temperature:bad-quality cleared',
    ]);
  });

  it('takes true for 1: a leak is a high alarm', async () => {
    await start({ quantity: '', conditions: JSON.stringify([row('high', 0.5)]) });
    plant.receive({ topic: 'cellar/leak', payload: true });
    assert.equal(events()[0]?.message, 'Cellar leak is 1, above the high limit of 0.5 since 00:00');
  });

  for (const way of ['full', 'restart'] as const)
    it(`is after a ${way === 'full' ? 'redeploy' : 'restart'} what it was, and tells nothing twice`, async () => {
      await start();
      plant.receive(reading(28));
      plant.receive(reading(28, 'fish-tank/2'));
      plant.receive({
        topic: 'acknowledge',
        payload: 'fish-tank/1/temperature:high',
        user: 'anna',
      });
      assert.equal(
        events().at(-1)?.message,
        'Fish tank 1 temperature is 28 °C, above the high limit of 27 °C since 00:00 (acknowledged by anna)',
      );
      if (way === 'full') await plant.redeploy('full');
      else {
        await plant.close();
        await start();
      }
      assert.deepEqual(
        alarmsOf(api)
          .entries()
          .map(({ id, state, user }) => [id, state, user]),
        [
          ['fish-tank/2/temperature:high', 'unacknowledged', undefined],
          ['fish-tank/1/temperature:high', 'acknowledged', 'anna'],
        ],
      );
      plant.receive(reading(28));
      plant.receive(reading(28, 'fish-tank/2'));
      plant.receive(reading(26));
      assert.deepEqual(actions(), ['fish-tank/1/temperature:high cleared']);
    });

  it('a restart is no sign of life: what was stale stays so until a value comes', async () => {
    await start({ topics: 'fish-tank/1' });
    plant.clock.advance(60_000);
    assert.deepEqual(actions(), ['fish-tank/1/temperature:stale raised']);
    await plant.redeploy('full');
    plant.clock.advance(120_000);
    assert.deepEqual(actions(), []);
    const [entry] = alarmsOf(api).entries();
    assert.equal(entry?.value, 180, 'seconds of silence, the stop included');
    plant.receive(reading(26));
    assert.deepEqual(actions(), ['fish-tank/1/temperature:stale cleared']);
  });

  it('clears what the form no longer asks for, and what is deleted', async () => {
    await start();
    plant.receive(reading(28));
    plant.receive(reading(28, 'fish-tank/2'));
    plant.take();
    await plant.redeploy('full', { topics: 'fish-tank/1' });
    assert.deepEqual(actions(), ['fish-tank/2/temperature:high cleared']);
    const heard: string[] = [];
    const stop = alarmsOf(api).listen({ event: ({ id, action }) => heard.push(`${id} ${action}`) });
    await plant.redeploy('full', { id: 'n2', d: true });
    stop();
    assert.deepEqual(heard, ['fish-tank/1/temperature:high cleared']);
    assert.deepEqual(alarmsOf(api).entries(), []);
  });

  it('forgets a series that was taken away, which would be stale for ever, also after a restart', async () => {
    await start();
    plant.receive(reading(26));
    plant.receive(reading(26, 'fish-tank/2'));
    plant.clock.advance(60_000);
    plant.receive(reading(26));
    plant.take();
    plant.receive({ topic: 'forget', payload: 'fish-tank/2/temperature' });
    assert.equal(events()[0]?.message, 'Fish tank 2 temperature is no longer watched for silence');
    const series = (): string[] =>
      alarmsOf(api)
        .entries()
        .map((one) => one.series);
    assert.deepEqual(series(), ['fish-tank/1/temperature']);
    assert.deepEqual(healthBoardOf(api).read()['alarms']?.troubles, []);
    await plant.redeploy('full');
    plant.clock.advance(60_000);
    assert.deepEqual(series(), ['fish-tank/1/temperature']);
    plant.receive({ topic: 'forget', payload: 'fish-tank/2/temperature' });
    assert.deepEqual(plant.errors(), [
      'payload: must be a series that has been seen, got "fish-tank/2/temperature"',
    ]);
  });

  it('says nothing while shelved, for some minutes of wall time, and keeps the interlock', async () => {
    await start({ conditions: JSON.stringify([row('high', 27)]) });
    plant.receive(reading(26));
    const shelf = { id: 'fish-tank/1/temperature:high', minutes: 30 };
    plant.receive({ topic: 'shelve', payload: shelf, user: 'eva' });
    assert.match(
      events()[0]?.message ?? '',
      /^Fish tank 1 temperature, high alarm \(shelved until \d\d:\d\d by eva\)$/,
    );
    assert.equal(alarmsOf(api).entries()[0]?.message, 'Fish tank 1 temperature, high alarm');
    plant.take(2);
    let changes = 0;
    const leave = alarmsOf(api).listen({ changed: () => changes++ });
    const shownAs: unknown[] = [];
    for (const temperature of [28, 26, 28]) {
      plant.receive(reading(temperature));
      shownAs.push([changes, alarmsOf(api).entries()[0]?.state]);
    }
    leave();
    assert.deepEqual(shownAs, [
      [1, 'unacknowledged'],
      [2, 'returned'],
      [3, 'unacknowledged'],
    ]);
    assert.deepEqual([actions(), states().map((state) => Object(state)[1])], [[], [true, false, true]]);
    wallClock(api).advance(30 * 60_000 - 1);
    assert.deepEqual(actions(), []);
    wallClock(api).advance(1);
    assert.deepEqual(
      events().map(({ action, message }) => [action, message]),
      [
        ['unshelved', 'Fish tank 1 temperature, high alarm (no longer shelved)'],
        ['raised', 'Fish tank 1 temperature is 28 °C, above the high limit of 27 °C since 00:00'],
      ],
    );
    plant.receive({ topic: 'shelve', payload: { ...shelf, minutes: 0 } });
    plant.receive({ topic: 'shelve', payload: 'x' });
    plant.receive({ topic: 'acknowledge', payload: 'x:high' });
    assert.deepEqual(plant.errors(), [
      'payload.minutes: must be a number above 0 and at most 10080, got 0',
      'payload: must be {id, minutes}, got "x"',
      'id: there is no alarm "x:high"',
    ]);
  });

  it('a latched alarm stays on until it is acknowledged after the condition has gone', async () => {
    await start({ conditions: JSON.stringify([row('high', 27, { latching: true })]) });
    plant.receive(reading(28));
    plant.receive({ topic: 'acknowledge', payload: 'all' });
    plant.receive(reading(26));
    assert.deepEqual(states().at(-1), ['fish-tank/1/temperature/alarm', true]);
    plant.receive({ topic: 'acknowledge', payload: 'all' });
    assert.deepEqual(states().at(-1), ['fish-tank/1/temperature/alarm', false]);
    assert.deepEqual(actions().length, 4);
  });

  it('watches 200 series and refuses one more', async () => {
    await start();
    for (let tank = 0; tank < 201; tank++) plant.receive(reading(26, `tank/${tank}`));
    assert.deepEqual(plant.errors(), [
      'topic: at most 200 series can be watched, got one more, "tank/200/temperature"',
    ]);
    plant.clock.advance(60_000);
    assert.equal(events().length, 200);
  });

  it('names a field it cannot read, and exists all the same', async () => {
    await start({ conditions: 'x' });
    assert.deepEqual(plant.reported(), ['conditions: must be a JSON list of conditions, got "x"']);
  });
});
