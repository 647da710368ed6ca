import assert from 'node:assert/strict';
import { batchOf, runBrewery, type Brewery } from '../support/bioreactor.ts';
import { stopRuntime } from '../support/flow-run.ts';

const life = 'bioreactor-batch-1';
const alarm = 'bioreactor-history-temperature';
const limits = 'bioreactor-history-limits';
const twin = 'bioreactor-1/bioreactor-unit-led-css';
const errors = [
  'bioreactor-catch-text',
  'bioreactor-batch-catch-text',
  'bioreactor-cloud-catch-text',
  'bioreactor-history-catch-text',
  'bioreactor-1/bioreactor-unit-catch-text',
  'bioreactor-2/bioreactor-unit-catch-text',
];
const watched = [
  ...errors,
  life,
  alarm,
  limits,
  twin,
  'bioreactor-1/bioreactor-unit-heater',
  'bioreactor-1/bioreactor-unit-stirrer',
  'bioreactor-cloud-measure-record',
];
const SECOND = 1000;
const DAY = 86_400 * SECOND;

describe('flows/bioreactor.json', function () {
  this.timeout(600_000);
  let brewery: Brewery;
  const start = async (environment: Record<string, string> = {}): Promise<void> => {
    brewery = await runBrewery(watched, { environment, without: ['bioreactor-page'] });
    await brewery.run.step(20 * SECOND);
    brewery.sent(life);
    brewery.sent(twin);
    brewery.published('updateBatchStatus');
    brewery.published('updateBioreactorAvailable');
  };
  const states = (): unknown[] => {
    const all = brewery.sent(life).map(({ payload }) => (payload as { state: string }).state);
    return all.filter((state, index) => state !== all[index - 1]);
  };
  const colours = (): unknown[] => brewery.sent(twin).map(({ payload }) => payload);
  afterEach(async () => {
    const told = errors.flatMap((node) => brewery.sent(node).map(({ payload }) => payload));
    await brewery.stop();
    assert.deepEqual(told, []);
  });
  after(() => stopRuntime());

  it('runs a batch from its receipt to the pickup, with the colours and words of the original', async () => {
    await start();
    await brewery.receive(1, batchOf('batch1', 30, [16, 30]));
    // What people see blinks in their own time.
    await brewery.run.elapse(1.9 * SECOND);
    await brewery.run.step(5 * SECOND);
    assert.deepEqual(states(), ['received', 'connecting', 'ready-to-start']);
    assert.deepEqual(colours(), ['#00ff00', '#000000', '#00ff00', '#000000', '#ff2500', '#ffff00']);
    await brewery.command(1, 'press', { user: 'olga' });
    await brewery.run.step(31 * SECOND);
    await brewery.command(1, 'pickup', { user: 'olga' });
    await brewery.run.step(11 * SECOND);
    assert.deepEqual(states(), ['running', 'ready-for-pickup', 'cleaning', 'idle']);
    assert.deepEqual(colours(), ['#ff0000', '#00ff00', '#00ffff', '#0000ff']);
    const words = brewery.published('updateBatchStatus').map(({ Status }) => Status);
    assert.deepEqual([...new Set(words)], ['Ready to Start', 'In Progress', 'Ready for Pickup', 'Finished']);
    assert.deepEqual(
      brewery.published('updateBioreactorAvailable').map(({ Id, Available }) => [Id, Available]),
      [
        ['pi01', 'False'],
        ['pi01', 'True'],
      ],
    );
  });

  it('measures at 0, 5, ... 25 s of a run of 30 s, six times, and says that it is simulated', async () => {
    await start();
    await brewery.receive(1, batchOf('batch2', 30, [16, 30]));
    await brewery.run.step(5 * SECOND);
    await brewery.command(1, 'start');
    await brewery.run.step(40 * SECOND);
    const measured = brewery.published('measure');
    assert.equal(measured.length, 6);
    assert.deepEqual(
      [...new Set(measured.map(({ Brew, Source }) => `${String(Brew)} ${String(Source)}`))],
      ['olga|batch2 simulated'],
    );
    for (const { Data } of measured) {
      const { Temperature, Pressure, Ph } = Data as Record<string, number>;
      assert.ok(Temperature !== undefined && Math.abs(Temperature - 21) < 1, String(Temperature));
      assert.ok(Pressure !== undefined && Math.abs(Pressure - 702) < 5, String(Pressure));
      assert.ok(Ph !== undefined && Ph > 6 && Ph < 8, String(Ph));
    }
    const records = brewery.sent('bioreactor-cloud-measure-record');
    assert.deepEqual([...new Set(records.map(({ topic }) => topic))], ['batch/batch2']);
  });

  it('heats and stirs while it runs, and at no other time', async () => {
    await start();
    const on = (): boolean[] =>
      ['heater', 'stirrer'].map((name) =>
        brewery.sent(`bioreactor-1/bioreactor-unit-${name}`).some(({ payload }) => payload === true),
      );
    await brewery.receive(1, batchOf('batch3', 600, [35, 40]));
    await brewery.run.step(30 * SECOND);
    assert.deepEqual(on(), [false, false]);
    await brewery.command(1, 'start');
    await brewery.run.step(60 * SECOND);
    assert.deepEqual(on(), [true, true]);
    await brewery.command(1, 'abort', { user: 'olga' });
    await brewery.run.step(2 * SECOND);
    on();
    await brewery.run.step(120 * SECOND);
    assert.deepEqual(on(), [false, false]);
  });

  it('has limits for what the recipe watches, and for nothing else', async () => {
    await start();
    const { Recipe, ...rest } = batchOf('batch6', 30, [16, 30]);
    const Restrictions = [{ Sensor: 'Temperature', min: 16, max: 30 }];
    await brewery.receive(1, { ...rest, Recipe: { ...Object(Recipe), Restrictions } });
    await brewery.run.step(5 * SECOND);
    await brewery.command(1, 'start');
    await brewery.run.step(SECOND);
    assert.deepEqual(
      [0, 1, 2].map((port) => brewery.sent(limits, port).at(-1)?.payload),
      [
        { high: 30, low: 16 },
        { high: null, low: null },
        { high: null, low: null },
      ],
    );
  });

  it('shows its colours and asks its sensors in a self test, of which no batch is measured', async () => {
    await start();
    await brewery.command(1, 'selftest', { user: 'olga' });
    await brewery.run.elapse(3 * SECOND);
    assert.deepEqual(colours(), ['#ff0000', '#00ff00', '#0000ff', '#ffffff', '#0000ff']);
    await brewery.run.step(5 * SECOND);
    assert.deepEqual(brewery.published('measure'), []);
  });

  it('heats no more than three measurements long when its life cycle is gone', async () => {
    await start();
    const heater = (): boolean[] => [
      ...new Set(brewery.sent('bioreactor-1/bioreactor-unit-heater').map(({ payload }) => payload === true)),
    ];
    await brewery.receive(1, batchOf('batch7', 600, [35, 40]));
    await brewery.run.step(30 * SECOND);
    await brewery.command(1, 'start');
    await brewery.run.step(60 * SECOND);
    heater();
    await brewery.run.node(life).close(false);
    await brewery.run.step(29 * SECOND);
    assert.deepEqual(heater(), [true]);
    await brewery.run.step(2 * SECOND);
    heater();
    await brewery.run.step(60 * SECOND);
    assert.deepEqual(heater(), [false]);
  });

  it('blinks white over its state while a value is out of the range of the recipe', async () => {
    await start();
    await brewery.receive(1, batchOf('batch8', 600, [16, 30]));
    await brewery.run.step(30 * SECOND);
    await brewery.command(1, 'start');
    await brewery.run.step(20 * SECOND);
    colours();
    await brewery.run.receive('bioreactor-1/bioreactor-unit-sim', {
      topic: 'set',
      payload: { temperature: 40 },
    });
    await brewery.run.step(20 * SECOND);
    await brewery.run.elapse(0.9 * SECOND);
    assert.deepEqual(colours(), ['#ffffff', '#000000']);
    await brewery.run.receive('bioreactor-1/bioreactor-unit-sim', {
      topic: 'set',
      payload: { temperature: 22 },
    });
    await brewery.run.step(40 * SECOND);
    assert.equal(colours().at(-1), '#ff0000');
  });

  it('turns another batch away while one is here, and takes the same one once', async () => {
    await start();
    await brewery.receive(1, batchOf('batch4', 30, [16, 30]));
    await brewery.receive(1, batchOf('batch5', 30, [16, 30]));
    await brewery.receive(1, batchOf('batch4', 30, [16, 30]));
    await brewery.run.step(SECOND);
    const told = brewery
      .published('updateBatchStatus')
      .map(({ Id, Status }) => `${String(Id)} ${String(Status)}`);
    assert.deepEqual([...new Set(told)], ['batch4 Ready to Start', 'batch5 Rejected']);
    assert.deepEqual(states(), ['received']);
  });

  it('a batch of 14 days, measured every five minutes: the steps and the alarms of the table', async () => {
    const begun = performance.now();
    await start({ SENSOR_SECONDS: '300', MEASURE_SECONDS: '300' });
    await brewery.receive(1, batchOf('batch6', 14 * 86_400, [18, 26]));
    await brewery.run.step(400 * SECOND);
    await brewery.command(1, 'start', { user: 'olga' });
    const from = brewery.run.clock('bioreactor-clock').now();
    const vessel = 'bioreactor-1/bioreactor-unit-sim';
    const set = (temperature: number): Promise<void> =>
      brewery.run.receive(vessel, { topic: 'set', payload: { temperature } });
    /** Hours after the start: what is done to the vessel. */
    const table: readonly (readonly [hours: number, act: () => Promise<void>])[] = [
      [48, () => set(29)],
      [120, () => set(15)],
      [200, () => brewery.command(1, 'hold', { user: 'olga' })],
      [201, () => brewery.command(1, 'unhold', { user: 'olga' })],
    ];
    for (const [hours, act] of table) {
      await brewery.run.step(from + hours * 3600 * SECOND - brewery.run.clock('bioreactor-clock').now());
      await act();
    }
    await brewery.run.step(from + 14 * DAY + 3 * 3600 * SECOND - brewery.run.clock('bioreactor-clock').now());
    assert.deepEqual(states(), [
      'received',
      'connecting',
      'ready-to-start',
      'running',
      'held',
      'running',
      'ready-for-pickup',
      'cleaning',
      'idle',
    ]);
    const events = brewery
      .sent(alarm)
      .map(({ payload }) => payload as { series: string; condition: string; action: string; since: number })
      .map(({ series, condition, action, since }) => [
        series,
        condition,
        action,
        Math.floor((since - from) / (3600 * SECOND)),
      ]);
    assert.deepEqual(events, [
      ['bioreactor/1/temperature', 'high', 'raised', 48],
      ['bioreactor/1/temperature', 'high', 'cleared', 48],
      ['bioreactor/1/temperature', 'low', 'raised', 120],
      ['bioreactor/1/temperature', 'low', 'cleared', 120],
    ]);
    assert.equal(brewery.published('measure').length, 14 * 24 * 12);
    const seconds = (performance.now() - begun) / 1000;
    console.log(`      a batch of 14 days in ${seconds.toFixed(1)} s`);
  });
});
