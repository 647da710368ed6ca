import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, shootAll, type Stage } from '../support/browser.ts';

const CONTROLS = {
  'bioreactor-recipe': ['name', 'water', 'Hops-0-name', 'Temperature-min', 'save'],
  'bioreactor-make': ['confirm'],
  'bioreactor-monitor': ['do-start', 'do-hold', 'do-unhold', 'do-finish', 'do-pickup', 'do-abort'],
  'bioreactor-reactor': ['speed-10', 'pause', 'press-pi01', 'selftest-pi01', 'press-pi02', 'selftest-pi02'],
};
const PLACE = 'Byby Macroplaza';

describe('the pages of the bioreactors', function () {
  this.timeout(240_000);
  let stage: Stage;
  let page: Page;
  let found: string[] = [];
  let batch = '';
  before(async function () {
    stage = await openStage(this, async () => ({
      env: { SENSOR_PORT: String(20_000 + 4 * randomInt(3_000)) },
    }));
    page = await openDashboard(stage, 'operator', undefined, '/bioreactor');
    found = complaints(page);
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));

  const shows = (name: string, text: string | RegExp): Promise<void> => hook(page, name, { text }).waitFor();
  const has = (name: string, attributes: Record<string, unknown>): Promise<void> =>
    hook(page, name, attributes).waitFor();
  const textOf = (name: string): Promise<string> => hook(page, name).innerText();
  const goTo = async (path: string): Promise<void> => {
    await page.goto(`${stage.plant.url}/dashboard/${path}`);
  };
  /** The button of a control, as soon as it may be pressed. */
  const press = (name: string): Promise<void> => hook(page, name).click();
  const setSpeed = async (speed: number): Promise<void> => {
    await goTo('bioreactor-reactor');
    await press(`speed-${speed}`);
    await has(`speed-${speed}`, { 'aria-pressed': 'true' });
  };
  const light = (colour: string): Promise<void> => has('led-pi01', { 'data-colour': colour });
  const isIn = (state: string): Promise<void> => has('reactor-pi01', { 'data-state': state });

  const register = async (name: string, run: string, unit = 's', unwatched?: string): Promise<void> => {
    for (const [field, value] of Object.entries({
      name,
      water: '10',
      run,
      'Temperature-min': '16',
      'Temperature-max': '30',
      'PH-min': '4',
      'PH-max': '10',
      'Pressure-min': '600',
      'Pressure-max': '1050',
      'Hops-0-name': 'Cascade',
      'Hops-0-amount': '40',
      'Yeast-0-name': 'Ale yeast',
      'Yeast-0-amount': '11.5',
      'Syrup-0-name': 'Malta',
      'Syrup-0-amount': '600',
    }))
      await hook(page, field).fill(value);
    await hook(page, 'run-unit').selectOption({ label: unit });
    if (unwatched !== undefined) {
      // What is not watched is not judged either.
      await hook(page, `${unwatched}-max`).fill('');
      await press(`${unwatched}-watch`);
      await has(`${unwatched}-watch`, { 'aria-checked': 'false' });
      assert.equal(await hook(page, `${unwatched}-min`).isDisabled(), true);
    }
    await shows('reason', 'Everything is filled in.');
    await press('save');
    await shows('saved', `${name} is registered`);
  };
  const make = async (recipe: string): Promise<void> => {
    await has(`recipe-${recipe}`, { 'aria-pressed': 'true' });
    await page.locator('[data-test^="facility-"]', { hasText: PLACE }).click();
    await shows('summary-reactor', 'pi01');
    await shows('summary', PLACE);
    await press('confirm');
    await page.waitForURL('**/dashboard/bioreactor-monitor?batch=*');
    await shows('recipe', recipe);
    batch = await textOf('batch-id');
    assert.match(batch, /^[0-9a-z]{10}$/);
  };

  it('tells a newcomer the steps', async () => {
    await page.waitForURL('**/dashboard/bioreactor');
    await shows('guide', 'Register a recipe');
    await shows('no-recipes', 'No recipe yet');
    await press('first-step');
    await page.waitForURL('**/dashboard/bioreactor-recipe');
  });

  it('says what is wrong with a recipe, then registers it', async () => {
    await shows('reason', 'Give the recipe a name.');
    assert.equal(await hook(page, 'save').isDisabled(), true);
    await hook(page, 'name').fill('Cheve #1');
    await shows('fault-name', 'letters, digits and blanks only');
    await hook(page, 'Temperature-min').fill('90');
    await shows('fault-Temperature', 'the lower limit must be below the upper one');
    await register('La cheve ñoña', '20');
    await press('saved-again');
    await hook(page, 'name').fill('La cheve ñoña');
    await shows('fault-name', 'You already have a recipe La cheve ñoña.');
    await goTo('bioreactor');
    await press('recipe-La cheve ñoña');
    await shows('recipe-dialog', /Water\s*10 L/);
    await shows('ingredients-Yeast', /Ale yeast\s*11\.5/);
    await shows('restrictions', /Temperature °C\s*16\s*30/);
  });

  it('makes a batch of it in a facility of the list', async () => {
    await press('recipe-make');
    await page.waitForURL('**/dashboard/bioreactor-make?recipe=*');
    await page.locator('[data-test^="pin-"]', { hasText: PLACE }).waitFor();
    await make('La cheve ñoña');
    await has('status', { 'data-status': 'Ready to Start' });
  });

  it('shows the yellow light, and starts by the button', async () => {
    await setSpeed(10);
    await light('#ffff00');
    await isIn('ready-to-start');
    await setSpeed(1);
    assert.equal(await hook(page, 'press-pi02').isDisabled(), true, 'nothing to start in the other reactor');
    await press('press-pi01');
    await isIn('running');
    await light('#ff0000');
    await shows('batch-pi01', 'La cheve ñoña on the monitor');
  });

  it('is watched on the monitor, with the limits in the charts', async () => {
    await press('batch-pi01');
    await page.waitForURL(`**/dashboard/bioreactor-monitor?batch=${batch}`);
    await has('status', { 'data-status': 'In Progress' });
    await has('phase-running', { 'data-look': 'now' });
    for (const [key, min, max] of [
      ['temperature', 16, 30],
      ['ph', 4, 10],
      ['pressure', 600, 1050],
    ] as const) {
      await shows(`min-${key}`, `min ${min}`);
      await shows(`max-${key}`, `max ${max}`);
      await shows(`value-${key}`, /^\d+(\.\d+)?/);
    }
    await hook(page, 'journal-entry', { 'data-signal': 'press', text: 'by operator' }).waitFor();
  });

  it('is over by itself, and is picked up', async () => {
    await has('status', { 'data-status': 'Ready for Pickup' });
    await press('do-pickup');
    await has('status', { 'data-status': 'Finished' });
    await has('phase-finished', { 'data-look': 'done' });
  });

  it('is finished in the list, with a report', async () => {
    await press('to-home');
    await hook(page, `batch-${batch}`, { 'data-status': 'Finished', text: `Batch in ${PLACE}` }).click();
    await shows('state', 'Finished');
    const report = await hook(page, 'report').getAttribute('href');
    const { status, type, html } = await page.evaluate(async (url) => {
      const answer = await fetch(url);
      return { status: answer.status, type: answer.headers.get('content-type'), html: await answer.text() };
    }, report ?? '');
    assert.deepEqual([status, type], [200, 'text/html; charset=utf-8']);
    assert.match(html, /<h1>La cheve ñoña<\/h1>/);
    assert.match(html, /<p class="status">Finished<\/p>/);
    const rows = [...html.matchAll(/<tr><td>([^<]*?) *<span class="soft">[^<]*<\/span><\/td>(.*?)<\/tr>/g)];
    const limits = rows.map(([, name, cells]) => [
      name,
      ...[...(cells ?? '').matchAll(/>([\d.]+)</g)].slice(0, 2).map(([, value]) => Number(value)),
    ]);
    assert.deepEqual(
      new Map(limits.map(([name, ...range]) => [String(name).toLowerCase(), range])),
      new Map([
        ['temperature', [16, 30]],
        ['ph', [4, 10]],
        ['pressure', [600, 1050]],
      ]),
    );
    assert.match(html, /Ale yeast/);
  });

  it('leaves the reactor free for the next one', async () => {
    await setSpeed(10);
    await isIn('idle');
    await goTo('bioreactor-make');
    await page
      .locator('[data-test^="facility-"]', { hasText: PLACE })
      .filter({ hasText: '1 free' })
      .waitFor();
  });

  it('brews for days, with a sensor that is not watched', async () => {
    await goTo('bioreactor-recipe');
    assert.equal(await hook(page, 'Temperature-watch').isDisabled(), true);
    await register('Cerveza de invierno', '2', 'd', 'Pressure');
    await press('saved-home');
    await press('recipe-Cerveza de invierno');
    await shows('restrictions', /pH\s*4\s*10\s*Pressure hPa\s*not watched/);
    await press('recipe-make');
    await make('Cerveza de invierno');
    await setSpeed(10);
    await light('#ffff00');
    await press('press-pi01');
    await isIn('running');
  });

  for (const [path, name, ready] of [
    ['bioreactor', 'bioreactor-batches', () => shows('phase', 'brewing, 1 d')],
    ['bioreactor-recipe', 'bioreactor-recipe', () => shows('reason', 'Give the recipe a name.')],
    [
      'bioreactor-make',
      'bioreactor-make',
      () =>
        page
          .locator('[data-test^="facility-"]', { hasText: PLACE })
          .filter({ hasText: 'none free' })
          .waitFor(),
    ],
    [
      'bioreactor-monitor',
      'bioreactor-monitor',
      () =>
        Promise.all(
          ['max-temperature', 'max-ph', 'unwatched-pressure'].map((name) => hook(page, name).waitFor()),
        ),
    ],
    [
      'bioreactor-reactor',
      'bioreactor-reactor',
      () => Promise.all([isIn('running'), hook(page, 'batch-pi01').waitFor()]),
    ],
  ] as const)
    it(`fits every screen, light and dark: ${path}`, async () => {
      await goTo(path);
      await ready();
      await shootAll(page, name, ready);
    });

  it('shows a viewer the same pages, and lets nobody act there', async () => {
    const operator = page;
    page = await openDashboard(stage, 'viewer', undefined, '/bioreactor');
    found = complaints(page);
    await has(`batch-${batch}`, { 'data-status': 'In Progress' });
    await press('recipe-La cheve ñoña');
    assert.equal(await hook(page, 'recipe-delete').isDisabled(), true);
    for (const [path, controls] of Object.entries(CONTROLS)) {
      await goTo(path);
      await shows('looks-only', 'You may only look.');
      if (path === 'bioreactor-make') {
        await press('recipe-La cheve ñoña');
        await page.locator('[data-test^="facility-"]', { hasText: 'none free' }).waitFor();
        await page.locator('[data-test^="facility-"]', { hasText: '1 free' }).click();
        await shows('summary-reactor', 'pi02');
      }
      if (path === 'bioreactor-recipe') await has('list-Hops', {});
      for (const control of controls) {
        await hook(page, control).waitFor();
        assert.equal(await hook(page, control).isDisabled(), true, `${path}: ${control}`);
      }
    }
    await page.context().close();
    page = operator;
    await goTo('bioreactor-monitor');
    await page.locator('[data-test="do-hold"]:enabled').waitFor();
  });

  it('asks back before it aborts', async () => {
    await press('do-abort');
    await press('sure-no');
    await has('status', { 'data-status': 'In Progress' });
    await press('do-abort');
    await press('sure-yes');
    await has('status', { 'data-status': 'Cancelled' });
    await press('to-home');
    await has(`batch-${batch}`, { 'data-status': 'Cancelled' });
  });
});
