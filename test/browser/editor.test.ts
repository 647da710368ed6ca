import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { complaints, openStage, shoot, type Stage } from '../support/browser.ts';
import {
  closeForm,
  deploy,
  dropFromPalette,
  find,
  hasArial,
  nodeById,
  openEditor,
  openForm,
  showTab,
} from '../support/editor.ts';

/** A field of each type's form, and what may not stand in it. */
const wrong: Readonly<Record<string, readonly [field: string, value: string]>> = {
  'clock-control': ['tickSeconds', '0'],
  'signal-input': ['rules', 'a row that is blank'],
  'tank-sim': ['periodSeconds', 'often'],
  'pid-controller': ['kc', '1,5'],
  'on-off-controller': ['min', 'warm'],
  'command-selector': ['repeatSeconds', '-1'],
  'safe-output': ['goodSamples', '1.5'],
  'limit-alarm': ['rateSeconds', '0'],
  thermistor: ['beta', '0'],
  'adc-input': ['fullScale', '10.5'],
  button: ['debounceMs', '-1'],
  'rgb-led': ['gamma', '0.5'],
  'mqtt-outbox': ['inFlight', '0'],
  'alarm-list': ['maxEntries', '0'],
  'alarm-notifier': ['smtpUrl', 'smtp://plant:secret@mail.example'],
};
/** Fields that a node fresh from the palette asks for. */
const asked: Readonly<Record<string, readonly string[]>> = { 'command-selector': ['node-input-outputTopic'] };
const canvas = { x: 500, y: 300 };

describe('the editor', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let found: string[];
  const open = async (): Promise<void> => {
    page = await openEditor(stage, 'admin');
    found = complaints(page);
  };
  before(async function () {
    stage = await openStage(this);
    await open();
  });
  after(() => stage?.close());
  afterEach(async function () {
    const said = found.splice(0);
    // An open form must not fail what comes next.
    if (this.currentTest?.state === 'failed') {
      await page.context().close();
      await open();
    }
    assert.deepEqual(said, []);
  });

  const savedFlows = (): string => readFileSync(join(stage.dataDir, 'flows.json'), 'utf8');
  /** The texts of the topmost form that a translation should have given and did not. */
  const untranslated = (type: string): Promise<string[]> =>
    page.evaluate((name) => {
      const form = [...document.querySelectorAll('.red-ui-tray')].at(-1);
      const all = [...(form?.querySelectorAll('label, span, option, h4, [placeholder], [title]') ?? [])];
      const texts = all.flatMap((one) => [
        one.textContent ?? '',
        one.getAttribute('placeholder') ?? '',
        one.getAttribute('title') ?? '',
      ]);
      const blank = [...(form?.querySelectorAll('[data-i18n]:not([data-i18n^="["])') ?? [])]
        .filter(({ textContent }) => textContent?.trim() === '')
        .map((one) => `blank: ${one.getAttribute('data-i18n') ?? ''}`);
      return [...texts.filter((text) => text.includes(`${name}.`)), ...blank];
    }, type);
  const complainingFields = (): Promise<string[]> =>
    page.locator('.red-ui-tray .input-error').evaluateAll((fields) => fields.map(({ id }) => id));
  const triangle = (id: string): Promise<void> =>
    nodeById(page, id).locator('.red-ui-flow-node-error:not(.hide)').waitFor();

  it('finds nothing wrong with the shipped flows', async () => {
    const invalid = await page.evaluate(`(() => {
      const found = [];
      RED.nodes.eachNode(({ id, valid }) => valid || found.push(id));
      RED.nodes.eachConfig(({ id, valid }) => valid || found.push(id));
      return found;
    })()`);
    assert.deepEqual(invalid, []);
  });

  it('saves them as they were, byte for byte', async function () {
    if (!(await hasArial(page))) {
      if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error('missing: Arial or Liberation Sans');
      this.skip();
    }
    const before = savedFlows();
    // What has been on the screen has been measured: groups take their nodes' sizes.
    const flows = JSON.parse(before) as { readonly id: string; readonly type: string }[];
    for (const { id } of flows.filter(({ type }) => type === 'tab' || type === 'subflow')) {
      await page.evaluate(`RED.workspaces.show('${id}')`);
      await page.locator(`#red-ui-workspace-chart [id^="${id}"].red-ui-flow-node`).first().waitFor();
    }
    await page.evaluate("RED.workspaces.show('services')");
    await dropFromPalette(page, 'comment', { x: 500, y: 500 });
    await page.keyboard.press('Delete');
    await deploy(page);
    assert.ok(savedFlows() === before, 'flows.json differs');
  });

  it('leaves a node as it is when a form is closed by Done', async () => {
    for (const id of [
      'fish-tank-page-clock-control',
      'fish-tank-unit-requests-read',
      'fish-tank-unit-sim',
      'fish-tank-unit-heater',
      'fish-tank-control-heater-on-off',
      'fish-tank-control-heater-pid',
      'fish-tank-control-heater-owner',
      'fish-tank-history-temperature',
      'services-alarms-list',
      'services-alarms-notifier',
    ]) {
      await find(page, id);
      await openForm(page, id);
      await closeForm(page, 'ok');
      assert.equal(await page.locator('#red-ui-header-button-deploy.disabled').count(), 1, id);
    }
  });

  for (const [type, [field, value]] of Object.entries(wrong))
    it(`edits ${type}`, async () => {
      await showTab(page, 'Services');
      const id = await dropFromPalette(page, type, canvas);
      await openForm(page, id);
      assert.deepEqual(await untranslated(type), []);
      assert.deepEqual(await complainingFields(), asked[type] ?? []);
      await page.locator('.red-ui-tray-footer .fa-book').click();
      const help = page
        .locator('.red-ui-help')
        .filter({ has: page.locator('h1', { hasText: new RegExp(type.replaceAll('-', '.')) }) });
      for (const title of ['Inputs', 'Outputs', 'Details', 'References'])
        await help.getByRole('heading', { name: title }).waitFor();
      await closeForm(page, 'cancel');

      await openForm(page, id);
      const input = page.locator(`#node-input-${field}`);
      if (await input.isVisible()) {
        await input.fill(value);
        await input.press('Tab');
        await page.locator(`#node-input-${field}.input-error`).waitFor();
      } else {
        await page.locator('.red-ui-editableList-addButton').click();
        assert.deepEqual(await untranslated(type), []);
      }
      await closeForm(page, 'ok');
      await triangle(id);
      await page.keyboard.press('Delete');
      await nodeById(page, id).waitFor({ state: 'detached' });
    });

  it('keeps the table of limit-alarm', async () => {
    await showTab(page, 'Services');
    const id = await dropFromPalette(page, 'limit-alarm', canvas);
    const cell = (condition: string, column: string) =>
      page.locator(`#limit-alarm-table [data-condition="${condition}"] [data-column="${column}"]`);
    await openForm(page, id);
    await cell('high', 'limit').fill('27');
    await cell('high', 'priority').selectOption('critical');
    await cell('high', 'latching').check();
    await cell('bad-quality', 'limit').check();
    await closeForm(page, 'ok');
    await openForm(page, id);
    assert.equal(await cell('high', 'limit').inputValue(), '27');
    assert.equal(await cell('high', 'priority').inputValue(), 'critical');
    assert.ok(await cell('high', 'latching').isChecked());
    assert.ok(await cell('bad-quality', 'limit').isChecked());
    assert.equal(await cell('low', 'limit').inputValue(), '');
    assert.equal(await cell('stale', 'deadband').isVisible(), false);
    await cell('high', 'limit').fill('hot');
    await closeForm(page, 'ok');
    await triangle(id);
    await page.keyboard.press('Delete');
    await nodeById(page, id).waitFor({ state: 'detached' });
  });

  it('edits process-clock', async () => {
    const id = await dropFromPalette(page, 'clock-control', canvas);
    await openForm(page, id);
    await page.locator('#node-input-clock').selectOption({ label: 'fish tank' });
    await page.locator('#node-input-btn-clock-edit').click();
    const speed = page.locator('#node-config-input-speed');
    await speed.waitFor();
    assert.deepEqual(await untranslated('process-clock'), []);
    assert.deepEqual(await complainingFields(), []);
    await speed.fill('0');
    await speed.press('Tab');
    await page.locator('#node-config-input-speed.input-error').waitFor();
    await page.locator('#node-config-dialog-cancel').click();
    await speed.waitFor({ state: 'detached' });
    await closeForm(page, 'cancel');
    await page.keyboard.press('Delete');
  });

  it('lays no node on another', async () => {
    const fresh = await openEditor(stage, 'admin');
    const tabs = (await fresh.evaluate(
      'const ids = []; const add = ({ id }) => ids.push(id); RED.nodes.eachWorkspace(add); RED.nodes.eachSubflow(add); ids',
    )) as string[];
    assert.ok(tabs.includes('bioreactor-unit'));
    for (const tab of tabs) {
      await fresh.evaluate(`RED.workspaces.show('${tab}')`);
      const first = (await fresh.evaluate(`RED.nodes.filterNodes({ z: '${tab}' })[0].id`)) as string;
      await nodeById(fresh, first).waitFor();
      const boxes = (await fresh.evaluate(
        `RED.nodes.filterNodes({ z: '${tab}' }).map(({ id, x, y, w, h }) => ({ id, x, y, w, h }))`,
      )) as { id: string; x: number; y: number; w: number; h: number }[];
      const pairs = boxes.flatMap((a, index) =>
        boxes
          .slice(index + 1)
          .filter((b) => Math.abs(a.x - b.x) * 2 < a.w + b.w && Math.abs(a.y - b.y) * 2 < a.h + b.h)
          .map((b) => `${a.id} and ${b.id}`),
      );
      assert.deepEqual(pairs, [], tab);
    }
    await fresh.context().close();
  });

  it('shows the tabs', async () => {
    const fresh = await openEditor(stage, 'admin');
    for (const action of ['core:toggle-sidebar', 'core:toggle-palette'])
      await fresh.evaluate(`RED.actions.invoke('${action}')`);
    // They lie over the canvas.
    await fresh.addStyleTag({
      content: '#red-ui-workspace-footer, .red-ui-workspace-scrollbar { display: none !important }',
    });
    for (const [id, last, width, height] of [
      ['fish-tank', 'fish-tank-catch', 800, 1000],
      ['fish-tank-control', 'fish-tank-control-catch', 1200, 2000],
      ['fish-tank-page', 'fish-tank-page-catch', 1280, 1300],
      ['fish-tank-unit', 'fish-tank-unit-catch', 1500, 1400],
      ['bioreactor', 'bioreactor-catch', 1640, 1300],
      ['bioreactor-batch', 'bioreactor-batch-catch', 2000, 1560],
      ['bioreactor-cloud', 'bioreactor-cloud-catch', 1450, 900],
      ['bioreactor-history', 'bioreactor-history-catch', 1300, 920],
      ['bioreactor-page', 'bioreactor-page-catch', 2260, 1140],
      ['bioreactor-unit', 'bioreactor-unit-catch', 1720, 2060],
      ['bioreactor-line', 'bioreactor-line-announce', 1060, 560],
    ] as const) {
      await fresh.setViewportSize({ width, height });
      await fresh.evaluate(`RED.workspaces.show('${id}')`);
      await nodeById(fresh, last).waitFor();
      await fresh.evaluate("RED.actions.invoke('core:zoom-fit')");
      await (await nodeById(fresh, last).elementHandle())?.waitForElementState('stable');
      assert.ok(((await nodeById(fresh, last).boundingBox())?.y ?? Infinity) < height, id);
      await shoot(fresh, `editor-${id}`);
    }
    await fresh.context().close();
  });
});

describe('the editor of who may only read', function () {
  this.timeout(180_000);
  let stage: Stage;
  before(async function () {
    stage = await openStage(this);
  });
  after(() => stage?.close());

  for (const user of ['viewer', 'operator'])
    it(`has no deploy for the ${user}`, async () => {
      const page = await openEditor(stage, user);
      await dropFromPalette(page, 'comment', canvas);
      await page
        .locator('.red-ui-deploy-button-group.readOnly #red-ui-header-button-deploy.disabled')
        .waitFor();
      // With the editor's own token, as a cleverer person would.
      const status = (method: string, path: string): Promise<unknown> =>
        page.evaluate(
          `$.ajax({ method: '${method}', url: '${path}', contentType: 'application/json', data: ${method === 'POST' ? "'[]'" : 'undefined'} })
             .then((_body, _text, { status }) => status, ({ status }) => status)`,
        );
      const before = readFileSync(join(stage.dataDir, 'flows.json'), 'utf8');
      assert.equal(await status('GET', 'flows'), 200);
      for (const [method, path] of [
        ['POST', 'flows'],
        ['POST', 'flow'],
        ['DELETE', 'flow/fish-tank'],
        ['POST', 'inject/fish-tank-control-choice-start'],
        ['POST', 'settings/user'],
      ] as const)
        assert.equal(await status(method, path), 401, `${method} ${path}`);
      assert.ok(readFileSync(join(stage.dataDir, 'flows.json'), 'utf8') === before);
      await page.context().close();
    });
});
