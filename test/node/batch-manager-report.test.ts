import assert from 'node:assert/strict';
import { reportCsv, type Report } from '../../nodes/batch-manager/report.ts';
import type { Backend, Sample } from '../../nodes/lib/store.ts';
import { openBackend } from '../../nodes/plant-database/backend.ts';
import { cheve, openBrewery, START, step, storedBatch, type Body } from '../support/brewery.ts';
import { temporaryFolder } from '../support/node-flow.ts';

/** Process time, which is not the wall's. */
const FROM = 1_600_000_000_000;
const TO = FROM + 30_000;
const OLGA = { user: 'olga', role: 'operator' };

describe('batch-manager: journal and report', () => {
  const { folder, remove } = temporaryFolder();
  let backend: Backend;
  let first = 0;
  let brewery: ReturnType<typeof openBrewery>;
  before(async () => {
    backend = await openBackend('', { folder });
  });
  beforeEach(() => {
    brewery = openBrewery(backend, (first += 100));
  });
  after(async () => {
    await backend.close();
    remove();
  });

  const sample = (batch: string, key: string, timestamp: number, value: Sample['value']): Sample => ({
    series: `batch/${batch}/${key}`,
    timeline: 'simulated',
    timestamp,
    value,
    quality: value === null ? 'bad' : 'good',
    source: 'simulated',
    unit: { temperature: 'Cel', ph: '[pH]', pressure: 'hPa' }[key] ?? '',
  });
  const tellStep = (...args: Parameters<typeof step>) =>
    brewery.tell('updateJournal', JSON.stringify(step(...args)));
  /** A batch that was brewed from FROM to TO by a unit of its own. */
  const brewed = async (unit: string, until: number | null = TO): Promise<string> => {
    await brewery.furnish();
    const batch = await brewery.make();
    await brewery.status(batch, 'In Progress', { Seq: 3 });
    await tellStep(3, 'ready-to-start', 'running', { at: FROM, batch, unit });
    await tellStep(4, 'running', 'held', { at: FROM + 1000, batch, unit });
    await tellStep(5, 'held', 'running', { at: FROM + 2000, batch, unit });
    await tellStep(6, 'running', 'running', {
      at: FROM + 3000,
      batch,
      unit,
      refused: true,
      reason: 'it runs',
    });
    if (until === null) return batch;
    await brewery.status(batch, 'Ready for Pickup', { Seq: 7 });
    await tellStep(7, 'running', 'ready-for-pickup', { at: until, batch, unit });
    return batch;
  };
  const bodyOf = async (topic: string, id: string): Promise<Body> =>
    (await brewery.ask(topic, {}, { ...OLGA, id })).body;

  it('keeps each step once, in the order in which they were done', async () => {
    await brewery.furnish();
    const batch = await brewery.make();
    const second = await tellStep(2, 'a', 'b', { batch });
    assert.deepEqual(second.journal, [step(2, 'a', 'b', { batch })]);
    assert.deepEqual(await tellStep(2, 'a', 'b', { batch }), {}, 'it has come before');
    await tellStep(1, 'x', 'a', { batch });
    await tellStep(3, 'y', 'z', { batch: null });
    // After a loss of its memory the reactor counts from the beginning.
    await tellStep(2, 'c', 'd', { batch, at: 9999 });
    const { journal } = await bodyOf('batch', batch);
    assert.deepEqual(
      (journal as Body[]).map(({ id }) => id),
      ['pi01-1', 'pi01-2', 'pi01-2@9999'],
    );
  });

  it('takes no time of a batch from another reactor', async () => {
    await brewery.furnish();
    const batch = await brewery.make();
    await tellStep(1, 'ready-to-start', 'running', { batch, reactor: 'pi02' });
    assert.equal((await brewery.stored(batch)).From, undefined);
  });

  it('tells what was measured, and what of it was out of the limits', async () => {
    const unit = 'reports/1';
    const batch = await brewed(unit);
    const temperatures = [15, 16, 22, 22.5, 30, 18];
    await backend.history.write([
      ...temperatures.map((value, index) => sample(batch, 'temperature', FROM + index * 5000, value)),
      { ...sample(batch, 'temperature', FROM + 1, 99), quality: 'bad' },
      { ...sample(batch, 'temperature', FROM + 1, -50), timeline: 'real' },
      sample(batch, 'ph', FROM, 5),
      sample(batch, 'ph', FROM + 1, 9),
      sample(batch, 'ph', FROM + 2, null),
    ]);
    const {
      limits,
      from,
      to,
      alarms,
      journal,
      batch: told,
    } = (await bodyOf('report', batch)) as unknown as Report;
    assert.deepEqual([from, to, alarms, told.Id], [FROM, TO, [], batch]);
    assert.equal(journal.length, 5);
    assert.deepEqual(limits, [
      {
        Sensor: 'Temperature',
        min: 16,
        max: 22,
        Unit: 'Cel',
        Lowest: 15,
        Highest: 30,
        Mean: temperatures.reduce((sum, value) => sum + value, 0) / 6,
        Count: 6,
        Outside: 3,
      },
      { Sensor: 'PH', min: 5, max: 9, Unit: '[pH]', Lowest: 5, Highest: 9, Mean: 7, Count: 2, Outside: 0 },
      {
        Sensor: 'Pressure',
        min: 500,
        max: 940,
        Unit: 'hPa',
        Lowest: null,
        Highest: null,
        Mean: null,
        Count: 0,
        Outside: 0,
      },
    ]);
  });

  it('tells what was measured without being watched, and does not judge it', async () => {
    const Name = 'Without pressure';
    await brewery.ask('put-recipe', { ...cheve, Name, Restrictions: cheve.Restrictions.slice(0, 2) });
    await brewery.furnish();
    const batch = await brewery.make({ Recipe: Name });
    await backend.history.write([sample(batch, 'pressure', FROM, 2000)]);
    const { limits } = (await bodyOf('report', batch)) as unknown as Report;
    assert.deepEqual(limits[2], {
      Sensor: 'Pressure',
      min: null,
      max: null,
      Unit: 'hPa',
      Lowest: 2000,
      Highest: 2000,
      Mean: 2000,
      Count: 1,
      Outside: null,
    });
    const { answer } = await brewery.tell('report-csv', {}, { ...OLGA, id: batch });
    assert.match(String(answer?.payload), /\r\nlimit,,Pressure Highest,2000,hPa,not watched\r\n/);
    const measured = await bodyOf('measurements', batch);
    assert.deepEqual(Object.keys(measured['limits'] as Body), ['temperature', 'ph']);
  });

  it('counts page by page', async () => {
    const unit = 'reports/2';
    const batch = await brewed(unit);
    const count = 12_001;
    await backend.history.write(
      Array.from({ length: count }, (_, index) =>
        sample(batch, 'temperature', FROM + index, index % 2 ? 20 : 10),
      ),
    );
    const { limits } = (await bodyOf('report', batch)) as unknown as Report;
    assert.deepEqual([limits[0]?.Count, limits[0]?.Outside], [count, 6001]);
  });

  it('does not claim to know what is no longer kept', async () => {
    const unit = 'reports/3';
    const batch = await brewed(unit, FROM + 600_000);
    await backend.history.write([
      ...Array.from({ length: 20 }, (_, index) =>
        sample(batch, 'temperature', FROM + index * 30_000, 10 + index),
      ),
      sample(batch, 'temperature', FROM + 10 * 86_400_000, 20),
    ]);
    await backend.history.retain([{ series: `batch/${batch}/#`, rawDays: 1, minuteDays: 0, hourDays: 0 }]);
    const { limits } = (await bodyOf('report', batch)) as unknown as Report;
    const [{ Lowest, Outside } = {}] = limits as Partial<(typeof limits)[number]>[];
    assert.ok(typeof Lowest === 'number' && Lowest < 16, String(Lowest));
    assert.equal(Outside, null);
  });

  it('gives what was measured for a chart, at most 500 points', async () => {
    const unit = 'reports/4';
    const batch = await brewed(unit, null);
    await backend.history.write([
      ...Array.from({ length: 3000 }, (_, index) => sample(batch, 'temperature', FROM + index * 1000, index)),
      sample(batch, 'ph', FROM, 7),
      { ...sample(batch, 'ph', FROM + 5, 70), quality: 'bad' },
    ]);
    const { series, limits } = await bodyOf('measurements', batch);
    assert.deepEqual(limits, {
      temperature: { min: 16, max: 22 },
      ph: { min: 5, max: 9 },
      pressure: { min: 500, max: 940 },
    });
    const [temperature, ph, pressure] = series as Readonly<Record<string, unknown[]>>[];
    const lengths = ['timestamps', 'values', 'min', 'max'].map(
      (column) => temperature?.[column]?.length ?? 0,
    );
    assert.ok(
      Number(lengths[0]) > 10 && Number(lengths[0]) <= 500 && new Set(lengths).size === 1,
      String(lengths),
    );
    assert.deepEqual(ph, {
      key: 'ph',
      unit: '[pH]',
      source: 'simulated',
      timestamps: [FROM, FROM + 5],
      values: [7, null],
      min: [],
      max: [],
    });
    assert.deepEqual(pressure, {
      key: 'pressure',
      unit: 'hPa',
      timestamps: [],
      values: [],
      min: [],
      max: [],
    });
  });

  it('has nothing of a batch that was not started', async () => {
    await brewery.furnish();
    const batch = await brewery.make();
    const { from, to, limits, alarms } = (await bodyOf('report', batch)) as unknown as Report;
    assert.deepEqual([from, to, alarms], [null, null, []]);
    assert.deepEqual(
      limits.map(({ Count, Outside }) => [Count, Outside]),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    );
    const { series } = await bodyOf('measurements', batch);
    assert.ok(
      (series as Body[]).every(({ timestamps }) => Array.isArray(timestamps) && timestamps.length === 0),
    );
  });

  it('has the alarms of its reactor and its time', async () => {
    const unit = 'reports/5';
    const batch = await brewed(unit);
    const event = (id: string, series: string, since: number, action = 'raised') =>
      backend.records.put('alarm-journal', `${unit}-${id}`, { id, series, since, action, condition: 'high' });
    await event('late', `${unit}/temperature`, TO);
    await event('cleared', `${unit}/temperature`, FROM + 2, 'cleared');
    await event('raised', `${unit}/temperature`, FROM + 1);
    await event('early', `${unit}/temperature`, FROM - 1);
    await event('other', `${unit}0/temperature`, FROM + 1);
    const { alarms } = await bodyOf('report', batch);
    assert.deepEqual(
      (alarms as Body[]).map(({ id }) => id),
      ['raised', 'cleared'],
    );
    const [item] = await brewery.itemsOf('batches');
    assert.equal(item?.['Alarms'], 1);
  });

  it('as CSV has a row for each fact, and nothing a spreadsheet would run', async () => {
    const report: Report = {
      batch: { ...storedBatch(), Email: '=cmd()', Reason: 'a, "b"' },
      journal: [
        { ...step(1, 'ready-to-start', 'running', { at: FROM, user: 'olga', reason: '+1', refused: true }) },
      ],
      alarms: [
        {
          series: 'b/1/ph',
          condition: 'high',
          action: 'raised',
          since: FROM,
          value: 9.5,
          unit: '[pH]',
          limit: 9,
        },
      ],
      limits: [
        {
          Sensor: 'PH',
          min: 5,
          max: 9,
          Unit: '[pH]',
          Lowest: 5,
          Highest: 9.5,
          Mean: null,
          Count: 2,
          Outside: null,
        },
      ],
      from: FROM,
      to: null,
    };
    const lines = reportCsv(report).split('\r\n');
    assert.deepEqual([lines[0], lines.at(-1)], ['section,time,name,value,unit,limit', '']);
    for (const line of [
      'batch,,Id,k3j9x0a1b2,,',
      'batch,,Reason,"a, ""b""",,',
      "batch,,Owner,'=cmd(),,",
      'batch,2020-09-13T12:26:40.000Z,Brewed from,,,',
      'batch,,Brewed to,,,',
      'recipe,,Water,10,L,',
      'recipe,,Yeast Yeast2,400,g,',
      'limit,,PH Highest,9.5,[pH],5 to 9',
      'limit,,PH Outside,,,5 to 9',
      'journal,2020-09-13T12:26:40.000Z,ready-to-start to running (refused),"press, olga, +1",,',
      'alarm,2020-09-13T12:26:40.000Z,b/1/ph high raised,9.5,[pH],9',
    ])
      assert.ok(lines.includes(line), `${line} is not in ${lines.join('\n')}`);
  });

  it('as CSV is an answer with its own headers', async () => {
    const batch = await brewed('reports/6');
    brewery.clock.now = START + 1;
    const { answer } = await brewery.tell('report-csv', {}, { ...OLGA, id: batch });
    assert.equal(answer?.headers?.['content-type'], 'text/csv; charset=utf-8');
    assert.match(
      String(answer?.payload),
      /^section,time,name,value,unit,limit\r\nbatch,,Id,batch\d{5},,\r\n/,
    );
  });
});
