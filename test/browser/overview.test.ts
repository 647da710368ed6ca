import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, shootAll, type Stage } from '../support/browser.ts';
import { flowsWithProbe, measured, tell } from '../support/probe.ts';

const report = (state: string, more: object = {}): object => ({
  topic: 'probe',
  payload: {
    title: 'Pond',
    path: '/fish-tank',
    state,
    text: 'Ducks are fine',
    mode: 'Automatic',
    time: Date.UTC(2000, 0, 3, 9, 7),
    speed: 60,
    values: [
      { name: 'Water', value: 24.53, unit: 'Cel', quality: 'good' },
      { name: 'pH', value: 6.912, unit: '[pH]', quality: 'uncertain' },
      { name: 'Level', value: null, unit: '%', quality: 'bad' },
    ],
    ...more,
  },
});

describe('the overview', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let found: string[] = [];
  before(async function () {
    stage = await openStage(this, async (dataDir) => ({ flowsDir: flowsWithProbe(dataDir) }));
    page = await openDashboard(stage, 'operator', undefined, '');
    found = complaints(page);
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));
  const shows = (name: string, text: string | RegExp): Promise<void> => hook(page, name, { text }).waitFor();

  it('is what the dashboard opens', () => page.waitForURL('**/dashboard/overview'));

  it('shows what a plant tells', async () => {
    await tell(page, 'summary', report('running'));
    await shows('state-probe', 'running');
    await shows('text-probe', 'Ducks are fine');
    await shows('value-probe-Water', /24\.5\s*°C/);
    await shows('value-probe-pH', /6\.91\s*pH/);
    await shows('value-probe-Level', '–');
    await shows('plant-probe', 'Automatic · Day 3, 09:07 · 60×');
    await shows('alarms-probe', 'no alarms');
  });

  it('tells a plant that needs somebody', async () => {
    await tell(page, 'summary', report('attention', { text: 'The pump is worn' }));
    await hook(page, 'plant-probe', { 'data-state': 'attention' }).waitFor();
    await shows('text-probe', 'The pump is worn');
  });

  it('counts alarms of a plant and names the worst', async () => {
    await tell(page, 'alarm', measured(18, 2));
    await shows('alarms-probe', '1 alarm, medium');
    await tell(page, 'alarm', measured(27));
    await shows('alarms-probe', '2 alarms, high');
    await shows('summary', '2 alarms to acknowledge');
    await tell(page, 'summary', report('alarm', { text: 'Water is too warm' }));
    await hook(page, 'plant-probe', { 'data-state': 'alarm' }).waitFor();
    await hook(page, 'to-alarms').click();
    await page.waitForURL('**/dashboard/alarms');
    await page.goBack();
    await hook(page, 'plant-probe').waitFor();
  });

  it('fits every screen, light and dark', async () => {
    // A report for each: a plant that says nothing for ten seconds is silent.
    await shootAll(page, 'overview', async () => {
      await tell(page, 'summary', report('alarm', { text: 'Water is too warm' }));
      await hook(page, 'plant-probe', { 'data-state': 'alarm' }).waitFor();
      await shows('alarms-probe', '2 alarms');
    });
  });

  it('marks a plant that has fallen silent', async () => {
    await hook(page, 'plant-probe', { 'data-state': 'silent' }).waitFor();
    await shows('text-probe', /Nothing heard for \d+ s/);
  });

  it('opens the page of a plant', async () => {
    await hook(page, 'plant-probe').click();
    await page.waitForURL('**/dashboard/fish-tank');
  });
});
