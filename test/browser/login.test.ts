import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startPlant, type Plant } from '../support/server.ts';

const executablePath = '/usr/bin/chromium';

describe('login page', function () {
  this.timeout(180_000);
  let dataDir: string;
  let plant: Plant;
  let browser: Browser;
  let page: Page;
  before(async function () {
    if (!existsSync(executablePath)) {
      if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error(`missing: ${executablePath}`);
      this.skip();
    }
    dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
    plant = await startPlant({ dataDir, flowsDir: join(import.meta.dirname, '..', 'support', 'flows') });
    assert.equal(await plant.running, true, plant.output());
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    await plant?.stop();
    if (dataDir) rmSync(dataDir, { recursive: true });
  });
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(() => page.close());

  const signIn = async (name: string, password: string): Promise<void> => {
    await page.getByLabel('User').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  it('lies between a stranger and the page, says what is wrong, and leads on', async () => {
    await page.goto(`${plant.url}/dashboard/tank`);
    assert.equal(page.url(), `${plant.url}/login?next=%2Fdashboard%2Ftank`);
    await signIn('operator', 'guess');
    assert.equal(await page.getByRole('alert').textContent(), 'User or password is wrong.');
    await signIn('operator', plant.passwords()['operator'] ?? '');
    await page.waitForURL('**/dashboard/tank');
    await page.getByText('switch').waitFor();

    await page.goto(`${plant.url}/login`);
    assert.match((await page.locator('main').textContent()) ?? '', /signed in as operator \(operator\)/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${plant.url}/dashboard/tank`);
    assert.match(page.url(), /\/login\?next=/);
  });

  it('is not the one of the editor, which keeps its own', async () => {
    await page.goto(`${plant.url}/admin/`);
    await page.getByLabel('Username').fill('admin');
    await page.getByLabel('Password').fill(plant.passwords()['admin'] ?? '');
    await page.getByRole('button', { name: 'Login' }).click();
    await page.waitForFunction(() => document.title === 'Pilot Plant : Fixture');
    // What a deploy would save, in the order it would save it in.
    const ids = await page.evaluate('RED.nodes.createCompleteNodeSet().map(({ id }) => id)');
    const saved = JSON.parse(readFileSync(join(dataDir, 'flows.json'), 'utf8')) as { id: string }[];
    assert.deepEqual(
      ids,
      saved.map(({ id }) => id),
    );
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1280])
      it(`fits ${width} pixels, ${colorScheme}`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await page.goto(`${plant.url}/login`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      });
});
