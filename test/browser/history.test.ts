import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, shootAll, type Stage } from '../support/browser.ts';
import { DAY, fillHistory, HOUR, NEWEST, temperatureAt } from '../support/history-data.ts';

const TEMPERATURE = 'pond/1/temperature';

describe('the history page', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let found: string[] = [];
  before(async function () {
    stage = await openStage(this, async (dataDir) => {
      await fillHistory(dataDir);
      return {};
    });
    page = await openDashboard(stage, 'viewer', undefined, '/history');
    await page.waitForURL('**/dashboard/history');
    await show({ last: DAY });
    found = complaints(page);
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));

  /** The address of a view, as somebody would send it. */
  const show = async (range: Record<string, number>, series = [TEMPERATURE]): Promise<void> => {
    const query = new URLSearchParams([
      ...series.map((name) => ['series', name]),
      ['timeline', 'simulated'],
      ...Object.entries(range).map(([key, value]) => [key, String(value)]),
    ]);
    await page.goto(`${stage.plant.url}/dashboard/history#${query}`);
  };
  const shows = (name: string, text: string | RegExp): Promise<void> => hook(page, name, { text }).waitFor();
  /** Min, mean, max and last of a series as the page tells them. */
  const statistics = async (name: string): Promise<number[]> => {
    const cells = await hook(page, `stat-${name}`).locator('td').allInnerTexts();
    return cells.map((text) => Number(text.replace('−', '-')));
  };
  const settled = async (): Promise<void> => {
    await page.locator('.hi-stage[aria-busy="false"] history-chart').waitFor();
  };
  /** What was written, from the same function as the data. */
  const known = (from: number, to: number): { min: number; max: number; mean: number } => {
    const values: number[] = [];
    for (let at = Math.ceil(from / 60_000) * 60_000; at < to; at += 60_000)
      if (at < NEWEST - 3 * HOUR || at >= NEWEST - 2 * HOUR) values.push(temperatureAt(at));
    const sum = values.reduce((a, b) => a + b, 0);
    return { min: Math.min(...values), max: Math.max(...values), mean: sum / values.length };
  };
  const near = (shown: number | undefined, value: number): void =>
    assert.ok(Math.abs((shown ?? Number.NaN) - value) <= 0.051, `${shown} is not ${value}`);
  const chart = async (): Promise<{ x: number; y: number; width: number; height: number }> => {
    const box = await page.locator('history-chart .u-over').first().boundingBox();
    assert.ok(box);
    return box;
  };

  it('shows the last day of a simulated plant in its own time', async () => {
    await shows('range-text', 'Day 40, 09:00 to Day 41, 09:00');
    await shows('live', 'live');
    await page.locator('history-chart canvas').first().waitFor();
  });

  it('tells the numbers that were written', async () => {
    const { min, max, mean } = known(NEWEST - DAY, NEWEST + 1);
    const [shownMin, shownMean, shownMax, shownLast] = await statistics(TEMPERATURE);
    near(shownMin, min);
    near(shownMean, mean);
    near(shownMax, max);
    near(shownLast, temperatureAt(NEWEST));
  });

  it('shows a minute of forty days: its spike is in the band', async () => {
    await show({ last: 40 * DAY });
    await shows('range-text', 'Day 1, 09:00 to Day 41, 09:00');
    await shows('legend', 'Line: mean of');
    const [, , max] = await statistics(TEMPERATURE);
    assert.equal(max, 30);
  });

  it('tells a value under the mouse, with its unit and time, and what happened there', async () => {
    await hook(page, 'range-6h').click();
    await shows('range-text', 'Day 41, 03:00 to 09:00');
    await settled();
    const box = await chart();
    const hint = page.locator('history-chart .hint');
    const point = async (at: number): Promise<string> => {
      await page.mouse.move(box.x + (box.width * (at - (NEWEST - 6 * HOUR))) / (6 * HOUR), box.y + 60);
      await hint.waitFor();
      return hint.innerText();
    };
    const text = await point(NEWEST - 1.5 * HOUR);
    const [, minutes = '', value = ''] = /Day 41, 07:(\d\d):00[^]*?([\d.]+) °C/.exec(text) ?? [];
    near(Number(value), temperatureAt(NEWEST - 2 * HOUR + Number(minutes) * 60_000));
    assert.match(await point(NEWEST - 4 * HOUR), /Day 41, 05:00:00: Pond 1 temperature is back to normal/);
  });

  it('zooms by the mouse and back', async () => {
    const box = await chart();
    await page.mouse.move(box.x + box.width / 2, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await shows('range-text', /Day 41, 0(5:59|6:0\d) to 07:[23]\d/);
    assert.equal(await hook(page, 'live').count(), 0);
    await hook(page, 'zoom-out').click();
    await shows('range-text', 'Day 41, 03:00 to 09:00');
    await hook(page, 'live').waitFor();
  });

  it('reads values to who uses the keyboard', async () => {
    const panel = page.locator('history-chart .panel');
    assert.match(
      (await panel.getAttribute('aria-label')) ?? '',
      /Chart from Day 41, 03:00 .* Temperature: 2\d\.\d/,
    );
    await panel.focus();
    await page.keyboard.press('End');
    const said = page.locator('history-chart .said');
    await said.filter({ hasText: 'Day 41, 09:00:00, Temperature' }).waitFor({ state: 'attached' });
    await page.keyboard.press('ArrowLeft');
    await said.filter({ hasText: 'Day 41, 08:5' }).waitFor({ state: 'attached' });
  });

  it('goes a day back and forward', async () => {
    await hook(page, 'day-back').click();
    await shows('range-text', 'Day 40, 03:00 to 09:00');
    const { min } = known(NEWEST - DAY - 6 * HOUR, NEWEST - DAY);
    await settled();
    near((await statistics(TEMPERATURE))[0], min);
    await hook(page, 'day-forward').click();
    await hook(page, 'live').waitFor();
  });

  it('takes a range that is typed, and says why it does not', async () => {
    await hook(page, 'custom').click();
    await hook(page, 'from-day').fill('20');
    await hook(page, 'from-clock').fill('11:00');
    await hook(page, 'to-day').fill('19');
    await hook(page, 'custom-apply').click();
    await shows('custom-fault', 'The end must be after the beginning');
    await hook(page, 'to-day').fill('20');
    await hook(page, 'to-clock').fill('13:00');
    await hook(page, 'custom-apply').click();
    await shows('range-text', 'Day 20, 11:00 to 13:00');
    await settled();
    assert.equal((await statistics(TEMPERATURE))[2], 30);
  });

  it('finds series and shows one chart for each unit', async () => {
    await hook(page, 'range-24h').click();
    await hook(page, 'series-search').fill('ph');
    await hook(page, `series-${TEMPERATURE}`).waitFor({ state: 'detached' });
    await hook(page, 'series-pond/1/ph').check();
    await hook(page, 'series-search').fill('');
    await hook(page, 'series-pond/1/heater').check();
    await page.locator('history-chart .panel').nth(2).waitFor();
    assert.equal(await page.locator('history-chart .panel').count(), 3);
    await hook(page, 'stat-pond/1/heater', { text: '% on' }).waitFor();
  });

  it('keeps the view in its address', async () => {
    await page.reload();
    await page.locator('history-chart .panel').nth(2).waitFor();
    assert.equal(await hook(page, 'series-pond/1/ph').isChecked(), true);
  });

  it('gives what it shows as CSV', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), hook(page, 'csv').click()]);
    const text = readFileSync(await download.path(), 'utf8');
    assert.match(text, /Cel/);
    const rows = text.trim().split('\n');
    assert.ok(rows.length > 1000, `${rows.length} rows`);
    assert.ok(text.includes(String(temperatureAt(NEWEST))));
  });

  it('says that there is nothing, and where the newest is', async () => {
    await show({ from: NEWEST + DAY, to: NEWEST + 2 * DAY });
    await shows('empty', 'No values in this range');
    await hook(page, 'to-newest').click();
    await page.locator('history-chart canvas').first().waitFor();
  });

  it('says what is wrong, and goes on when it is not', async () => {
    await hook(page, 'range-1h').click();
    await settled();
    let broken = true;
    await page.route('**/api/history?*', (route) =>
      broken
        ? route.fulfill({ status: 503, json: { error: 'database: does not answer' } })
        : route.continue(),
    );
    await hook(page, 'range-6h').click();
    await shows('fault', 'The database does not answer');
    assert.ok(found.splice(0).every((line) => line.includes('503')));
    broken = false;
    await hook(page, 'live').waitFor();
    await page.unroute('**/api/history?*');
    found.splice(0);
  });

  it('begins with a series that has alarm limits where nothing is chosen', async () => {
    await page.evaluate(() => localStorage.clear());
    await page.goto(`${stage.plant.url}/dashboard/history`);
    await hook(page, 'stat-fish-tank/1/temperature').waitFor();
    assert.equal(await hook(page, 'series-fish-tank/1/temperature').isChecked(), true);
  });

  it('fits every screen, light and dark', async () => {
    await show({ last: 30 * DAY }, [TEMPERATURE, 'pond/1/ph']);
    await shootAll(page, 'history', async () => {
      await page.locator('history-chart .panel').nth(1).waitFor();
      await settled();
    });
  });
});
