import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, shoot, type Stage } from '../support/browser.ts';

describe('the page of the fish tank', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let found: string[];
  before(async function () {
    stage = await openStage(this);
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));

  const shows = (name: string, text: string | RegExp): Promise<void> => hook(page, name, { text }).waitFor();
  const has = (name: string, attributes: Record<string, unknown>): Promise<void> =>
    hook(page, name, attributes).waitFor();
  const textOf = (name: string): Promise<string> => hook(page, name).innerText();
  const chooseMode = async (mode: string): Promise<void> => {
    await hook(page, `mode-${mode}`).click();
    // While it waits for the plant the button is pressed too, and marked.
    await page.locator(`[data-test="mode-${mode}"][aria-pressed="true"]:not(.is-pending)`).waitFor();
  };
  const setSpeed = async (speed: number): Promise<void> => {
    await hook(page, `speed-${speed}`).click();
    await shows('speed-now', `${speed}×`);
  };

  it('is behind a login that says what is wrong', async () => {
    found = [];
    const stranger = await openDashboard(stage, 'operator', 'guess');
    assert.equal(await stranger.getByRole('alert').textContent(), 'User or password is wrong.');
    await stranger.context().close();
  });

  it('shows a living tank', async () => {
    page = await openDashboard(stage, 'operator');
    found = complaints(page);
    await page.waitForURL('**/dashboard/fish-tank');
    await shows('value-temperature', /^2\d\.\d$/);
    for (const name of ['value-ph', 'value-lux', 'value-level'])
      assert.match(await textOf(name), /^\d+(\.\d+)?$/);
    const scene = hook(page, 'tank-scene');
    assert.ok(((await scene.boundingBox())?.height ?? 0) > 300);
    assert.match((await scene.getAttribute('aria-label')) ?? '', /\d\d\.\d/);
    // Charts draw on a canvas; each of the three has one.
    await page.locator('canvas').nth(2).waitFor();
    const before = await textOf('process-time');
    await hook(page, 'process-time').filter({ hasNotText: before }).waitFor();
  });

  it('hands the heater to the PID controller and back', async () => {
    await shows('owner-heater', 'on-off');
    await has('actuator-heater', { 'data-applied': 'on' });
    await chooseMode('pid');
    await shows('owner-heater', 'PID');
    await shows('owner-pump', 'on-off');
    await shows('pid-setpoint', '25.0');
    await shows('pid-output', /\d+ %/);
    await chooseMode('on-off');
    await shows('owner-heater', 'on-off');
    await hook(page, 'log-entry').nth(1).waitFor();
  });

  it('runs 600 times as fast, and has the water in its range within seconds', async () => {
    await setSpeed(600);
    await shows('value-temperature', /^24\.[2-9]/);
    await has('reading-temperature', { 'data-state': 'good' });
    await has('alarm-line', { 'data-kind': 'good' });
    await setSpeed(60);
    await page.evaluate(() => scrollTo(0, 0));
    await shoot(page, 'fish-tank');
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const)
      it(`fits ${width} pixels, ${colorScheme}`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        await page.reload();
        await has('alarm-line', { 'data-kind': 'good' });
        await page.locator('canvas').nth(2).waitFor();
        const dark = await page.evaluate(() => {
          const [red = 255] = getComputedStyle(document.querySelector('.v-card') ?? document.body)
            .backgroundColor.match(/\d+/g)!
            .map(Number);
          return red < 128;
        });
        assert.equal(dark, colorScheme === 'dark');
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${wider} pixels too wide`);
        await shoot(page, `fish-tank-${width}-${colorScheme}`, { fullPage: true });
      });

  it('hands the tank to nobody, and to a program', async () => {
    await chooseMode('external');
    await shows('mode-says', 'A program of yours');
    await chooseMode('off');
    await has('actuator-heater', { 'data-applied': 'off' });
    await shows('owner-heater', 'nobody');
  });

  it('lets a person drive the heater', async () => {
    assert.equal(await hook(page, 'manual-heater').isDisabled(), true);
    await chooseMode('manual');
    await shows('owner-heater', 'by hand');
    await hook(page, 'manual-heater').fill('60');
    await shows('manual-heater-value', '60 %');
    await shows('actuator-heater', 'wanted 60 %');
    // A relay doses by the time it is on.
    await has('actuator-heater', { 'data-applied': 'on' });
    await has('actuator-heater', { 'data-applied': 'off' });
    await hook(page, 'manual-pump').click();
    await has('actuator-pump', { 'data-applied': 'on' });
    await chooseMode('on-off');
    await shows('owner-heater', 'on-off');
  });

  it('takes a range, and says why it does not', async () => {
    const minimum = hook(page, 'range-temperature-min');
    await minimum.fill('30');
    await shows('range-fault-temperature', 'the minimum must be below the maximum');
    assert.equal(await hook(page, 'ranges-save').isDisabled(), true);
    await minimum.fill('2');
    await shows('range-fault-temperature', 'within 5 to 40');
    await minimum.fill('23.5');
    await hook(page, 'ranges-save').click();
    await hook(page, 'ranges-saved').waitFor();
    await page.reload();
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('[data-test="range-temperature-min"]')?.value === '23.5',
    );
    await minimum.fill('24');
    await hook(page, 'ranges-save').click();
    await hook(page, 'ranges-saved').waitFor();
  });

  it('takes a speed that is typed while the page goes on', async () => {
    const field = hook(page, 'speed-number');
    await field.fill('700');
    await field.press('Enter');
    await shows('speed-fault', 'between 1 and 600');
    await field.press('Control+a');
    await field.press('1');
    const then = await textOf('process-time');
    await hook(page, 'process-time').filter({ hasNotText: then }).waitFor();
    await field.pressSequentially('20');
    assert.equal(await field.inputValue(), '120');
    await field.press('Enter');
    await shows('speed-now', '120×');
    await setSpeed(60);
  });

  it('stands still while it is paused', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await setSpeed(600);
    await hook(page, 'pause').click();
    await hook(page, 'paused').waitFor();
    // What was on its way when the clock stopped arrives before a page that is loaded anew.
    await page.reload();
    await hook(page, 'paused').waitFor();
    const then = await textOf('process-time');
    await page.reload();
    await hook(page, 'paused').waitFor();
    assert.equal(await textOf('process-time'), then);
    await hook(page, 'pause').click();
    await hook(page, 'process-time').filter({ hasNotText: then }).waitFor();
    await setSpeed(60);
  });

  it('shows a broken sensor, what follows from it, and its end', async () => {
    await hook(page, 'fault-kind').selectOption('missing');
    await hook(page, 'fault-quantity').selectOption('temperature');
    await hook(page, 'fault-inject').click();
    await hook(page, 'fault-badge').waitFor();
    await shows('alarm-line', 'no reading');
    await has('alarm-line', { 'data-kind': 'bad' });
    await has('reading-temperature', { 'data-state': 'missing' });
    await has('actuator-heater', { 'data-applied': 'off', 'data-limited': 'true' });
    await hook(page, 'reason-heater').waitFor();
    await hook(page, 'fault-clear').click();
    await hook(page, 'fault-badge').waitFor({ state: 'detached' });
    await has('reading-temperature', { 'data-state': 'good' });
  });

  it('starts a tank anew, when it is sure', async () => {
    await hook(page, 'reset').click();
    await hook(page, 'reset-cancel').click();
    await hook(page, 'reset').click();
    await hook(page, 'reset-confirm').click();
    await shows('done', 'starts anew');
    await has('reading-temperature', { 'data-state': 'low' });
    await hook(page, 'log-entry', { text: 'Reset' }).first().waitFor();
  });

  it('lets a viewer look, and nothing else', async () => {
    const operator = page;
    page = await openDashboard(stage, 'viewer');
    found = complaints(page);
    await shows('value-temperature', /^2\d\.\d$/);
    await page.locator('[data-test="control"] [data-test="looks-only"]', { hasText: 'operator' }).waitFor();
    for (const control of ['mode-off', 'pause', 'speed-600', 'fault-inject', 'reset', 'ranges-undo'])
      assert.equal(await hook(page, control).isDisabled(), true, control);
    assert.equal(await hook(operator, 'mode-off').isDisabled(), false);
    await page.context().close();
  });
});
