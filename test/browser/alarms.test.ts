import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, shootAll, type Stage } from '../support/browser.ts';
import { fillHistory } from '../support/history-data.ts';
import { flowsWithProbe, measured, tell } from '../support/probe.ts';

const HIGH = 'probe/1/temperature:high';
const LOW = 'probe/2/temperature:low';

describe('the alarms page', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let found: string[] = [];
  before(async function () {
    stage = await openStage(this, async (dataDir) => {
      await fillHistory(dataDir);
      return { flowsDir: flowsWithProbe(dataDir) };
    });
    page = await openDashboard(stage, 'operator', undefined, '/alarms');
    found = complaints(page);
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));
  const shows = (name: string, text: string | RegExp): Promise<void> => hook(page, name, { text }).waitFor();
  const inSection = (section: string, id: string): Promise<void> =>
    hook(page, `section-${section}`).locator(`[data-test="alarm-${id}"]`).waitFor();

  it('says that there is none', () => shows('none-active', 'No alarms.'));

  it('shows an alarm as it is raised, the worst first, and tells it by a notice', async () => {
    await tell(page, 'alarm', measured(18, 2));
    await inSection('active', LOW);
    await tell(page, 'alarm', measured(27));
    await inSection('active', HIGH);
    const first = hook(page, 'section-active').locator('li').first();
    assert.equal(await first.getAttribute('data-test'), `alarm-${HIGH}`);
    await shows(`alarm-${HIGH}`, 'probe/1/temperature');
    await shows(`alarm-${HIGH}`, '27');
    await page.locator('.v-snackbar__content, .v-overlay__content', { hasText: '27' }).first().waitFor();
  });

  it('fits every screen, light and dark', async () => {
    await shootAll(page, 'alarms', async () => {
      await inSection('active', HIGH);
      await hook(page, 'journal-entry').nth(2).waitFor();
    });
  });

  it('is acknowledged by an operator', async () => {
    await hook(page, `acknowledge-${HIGH}`).click();
    await inSection('acknowledged', HIGH);
    await shows(`alarm-${HIGH}`, 'by operator');
    await hook(page, 'journal-entry', { 'data-action': 'acknowledged', text: 'by operator' })
      .first()
      .waitFor();
  });

  it('is shelved for a while, and not', async () => {
    await hook(page, `shelve-${LOW}`).click();
    await hook(page, `shelve-${LOW}-60`).click();
    await inSection('shelved', LOW);
    await shows(`alarm-${LOW}`, /shelved until \d\d:\d\d, (60|59) min left/);
    await hook(page, `unshelve-${LOW}`).click();
    await inSection('active', LOW);
  });

  it('all are acknowledged at once', async () => {
    await tell(page, 'alarm', measured(27, 3));
    await inSection('active', 'probe/3/temperature:high');
    await hook(page, 'acknowledge-all').click();
    await inSection('acknowledged', LOW);
    await inSection('acknowledged', 'probe/3/temperature:high');
    await hook(page, 'section-active', { 'data-count': '0' }).waitFor();
  });

  it('goes when it is acknowledged and over', async () => {
    await tell(page, 'alarm', measured(24, 2));
    await hook(page, `alarm-${LOW}`).waitFor({ state: 'detached' });
    await hook(page, 'journal-entry', { 'data-action': 'cleared' }).first().waitFor();
  });

  it('has a journal that is searched', async () => {
    const entries = hook(page, 'journal-entry');
    await hook(page, 'journal-search').fill('pond ph');
    await shows('journal-count', '1 to 1 of 1');
    assert.match(await entries.first().innerText(), /Pond 1 pH is low: 6\.7, below 6\.8/);
    await hook(page, 'journal-search').fill('');
    await hook(page, 'journal-action').selectOption('cleared');
    await page.waitForFunction(() => {
      const shown = [...document.querySelectorAll('[data-test="journal-entry"]')];
      return shown.length > 0 && shown.every((one) => one.getAttribute('data-action') === 'cleared');
    });
    await hook(page, 'journal-priority').selectOption('critical');
    await shows('journal-empty', 'Nothing fits this filter');
    await hook(page, 'journal-action').selectOption('');
    await hook(page, 'journal-priority').selectOption('medium');
    await hook(page, 'journal-days').selectOption('1');
    await hook(page, 'journal-entry', { text: 'Pond 1 pH' }).waitFor({ state: 'detached' });
  });

  it('lets a viewer look, and says so', async () => {
    const viewer = await openDashboard(stage, 'viewer', undefined, '/alarms');
    const said = complaints(viewer);
    await hook(viewer, 'looks-only').waitFor();
    await hook(viewer, `alarm-${HIGH}`).waitFor();
    assert.equal(await hook(viewer, `shelve-${HIGH}`).isDisabled(), true);
    assert.deepEqual(said, []);
    await viewer.context().close();
  });
});
