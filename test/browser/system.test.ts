import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, shootAll, type Stage } from '../support/browser.ts';

describe('the system page', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let found: string[] = [];
  before(async function () {
    stage = await openStage(this);
    page = await openDashboard(stage, 'admin', undefined, '/system');
    found = complaints(page);
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));

  const raw = async (part: string, fact: string): Promise<string> => {
    const shown = hook(page, `fact-${part}-${fact}`);
    await shown.waitFor();
    return (await shown.getAttribute('data-value')) ?? '';
  };

  it('tells how the runtime is', async () => {
    assert.ok(Number(await raw('runtime', 'delayP50')) < Number(await raw('runtime', 'delayMax')) + 1);
    const memory = Number(await raw('runtime', 'rss'));
    assert.ok(memory > 5e7 && memory < totalmem(), `${memory} bytes`);
    await hook(page, 'fact-runtime-rss', { text: /\d+ MB/ }).waitFor();
    assert.equal(await raw('versions', 'node'), process.versions.node);
  });

  it('tells of the database, the disk, the broker and the alarms', async () => {
    assert.equal(await raw('database', 'kind'), 'sqlite');
    // The first record may come before the database is open.
    await hook(page, 'fact-database-connected').and(page.locator('[data-value="true"]')).waitFor();
    assert.equal(await raw('database', 'dropped'), '0');
    // The database is asked for its size when somebody looks, so the first look does not know it yet.
    await page.waitForFunction(
      () =>
        Number(document.querySelector('[data-test="fact-database-bytes"]')?.getAttribute('data-value')) > 0,
    );
    const used = Number(await raw('disk', 'usedPercent'));
    assert.ok(used > 0 && used < 100, `${used} %`);
    assert.equal(await raw('alarms', 'unacknowledged'), '0');
    await hook(page, 'part-broker').waitFor();
  });

  it('says in words what healthz says', async () => {
    const health = await page.evaluate(
      async () => (await (await fetch('/healthz')).json()) as { troubles: string[] },
    );
    const count = health.troubles.length;
    await hook(page, 'system-state', { 'data-kind': count === 0 ? 'good' : 'bad' }).waitFor();
  });

  it('goes with the time', async () => {
    const then = await raw('runtime', 'uptime');
    await page.waitForFunction(
      (before) =>
        document.querySelector('[data-test="fact-runtime-uptime"]')?.getAttribute('data-value') !== before,
      then,
    );
  });

  it('fits every screen, light and dark', () => shootAll(page, 'system', () => raw('database', 'kind')));

  it('gives the admin a backup, and nobody else', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), hook(page, 'backup').click()]);
    assert.match(download.suggestedFilename(), /\.tar\.gz$|\.tgz$/);
    assert.equal(await download.failure(), null);
    const operator = await openDashboard(stage, 'operator', undefined, '/system');
    await hook(operator, 'backup', { text: 'admin only' }).waitFor();
    const status = await operator.evaluate(async () => (await fetch('/api/backup')).status);
    assert.equal(status, 403);
    await operator.context().close();
  });
});
