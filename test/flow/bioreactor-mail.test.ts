import assert from 'node:assert/strict';
import { batchOf, runBrewery, type Brewery } from '../support/bioreactor.ts';
import { stopRuntime } from '../support/flow-run.ts';
import { freePort } from '../support/server.ts';
import { plain, startMailServer, type MailServer } from '../support/smtp.ts';

/** Less than the five seconds for which a value has to be outside, or inside again. */
const EVERY_MS = 4000;
const HOUR_SECONDS = 3600;
/** What a board says at a temperature: 10 kohm at 25 degrees, beta 3950, with 10 kohm to the supply. */
const countAt = (celsius: number): number => {
  const ohm = 10_000 * Math.exp(3950 / (celsius + 273.15) - 3950 / 298.15);
  return Math.round((1023 * ohm) / (ohm + 10_000));
};
const times = (count: number, ...temperatures: readonly number[]): number[] =>
  Array.from({ length: count }, () => temperatures).flat();

describe('flows/bioreactor.json: mail when a batch leaves the ranges of its recipe', function () {
  this.timeout(120_000);
  let server: MailServer;
  let brewery: Brewery;
  /** One measurement of both boards after the other, in process time and wall time. */
  const measure = async (...temperatures: readonly number[]): Promise<void> => {
    for (const celsius of temperatures) {
      for (const [board, count] of [
        ['temperature', countAt(celsius)],
        ['pressure', 512],
      ] as const)
        await brewery.run.say(`bioreactor-1/bioreactor-unit-${board}-wire`, { payload: `${count}\n` });
      await brewery.run.step(EVERY_MS);
      await brewery.run.elapse(EVERY_MS);
    }
  };
  /** What the mails since the last call are about. They go one by one, so that of a test is the last. */
  const mails = async (): Promise<string[]> => {
    await brewery.run.receive('services-alarms-notifier', { topic: 'test' });
    const told: string[] = [];
    for (;;) {
      const text = plain((await server.next()).text);
      if (text.includes('Subject: Test of the alarm notices')) return told;
      told.push(/^Bioreactor.*?(?= since |$)/m.exec(text)?.[0] ?? text);
    }
  };
  const out = 'Bioreactor 1 temperature is 31 °C, above the high limit of 30 °C';
  const back = 'Bioreactor 1 temperature is 24.96 °C, no longer above the high limit of 30 °C';
  const run = async (id: string, range: readonly [number, number]): Promise<void> => {
    await brewery.receive(1, batchOf(id, HOUR_SECONDS, range));
    await measure(...times(3, 25));
    await brewery.command(1, 'start');
  };
  beforeEach(async () => {
    const port = await freePort();
    server = await startMailServer({ port });
    brewery = await runBrewery([], {
      environment: {
        PLANT_MODE: 'real',
        SMTP_URL: `smtp://127.0.0.1:${port}`,
        ALARM_MAIL_TO: 'olga@example.org',
      },
      without: ['bioreactor-page'],
    });
  });
  afterEach(async () => {
    await brewery.stop();
    await server.close();
  });
  after(() => stopRuntime());

  it('one for each excursion, however it swings about the limit, and one when it is over', async () => {
    await run('batch1', [16, 30]);
    await measure(...times(5, 30.5, 29.5));
    assert.deepEqual(await mails(), []);
    await measure(...times(3, 31), ...times(5, 29.5, 31));
    assert.deepEqual(await mails(), [out]);
    await measure(...times(13, 25));
    assert.deepEqual(await mails(), [back]);
    // An alarm is not told again within ten minutes.
    await measure(...times(150, 31));
    assert.deepEqual(await mails(), [out]);
    await measure(...times(3, 25));
    assert.deepEqual(await mails(), [back]);
  });

  it('none outside of a run, whose end ends an excursion as well', async () => {
    await brewery.receive(1, batchOf('batch2', HOUR_SECONDS, [16, 30]));
    await measure(...times(5, 31));
    assert.deepEqual(await mails(), []);
    await brewery.command(1, 'start');
    await measure(...times(3, 31));
    assert.deepEqual(await mails(), [out]);
    await brewery.command(1, 'abort', { user: 'olga' });
    assert.deepEqual(await mails(), ['Bioreactor 1 temperature is no longer watched for its high limit']);
    await measure(...times(150, 31));
    assert.deepEqual(await mails(), []);
  });

  it('by the ranges that came with the batch that runs, whatever comes later', async () => {
    await run('batch3', [16, 40]);
    await brewery.receive(1, batchOf('batch3', HOUR_SECONDS, [16, 30]));
    await brewery.receive(1, batchOf('batch4', HOUR_SECONDS, [16, 30]));
    await measure(...times(3, 31));
    assert.deepEqual(await mails(), []);
    await measure(...times(3, 41));
    assert.deepEqual(await mails(), ['Bioreactor 1 temperature is 41.02 °C, above the high limit of 40 °C']);
  });
});
