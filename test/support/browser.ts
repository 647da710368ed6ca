import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page, type PageScreenshotOptions } from 'playwright-core';
import { startPlant, type Plant, type PlantOptions } from './server.ts';

const executablePath = '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long a page has for what a person waits for; a machine that is busy with other things is slow. */
export const PATIENCE_MS = 60_000;

/** A fresh plant with the shipped flows, and a browser with a fresh profile. */
export interface Stage {
  readonly plant: Plant;
  readonly browser: Browser;
  readonly dataDir: string;
  readonly close: () => Promise<void>;
}

/**
 * Skips the suite where Chromium is missing, unless REQUIRE_SYSTEM makes that a failure. `prepare` fills the data folder
 * before the start, and says how the plant is started.
 */
export const openStage = async (
  suite: Mocha.Context,
  prepare: (dataDir: string) => Promise<Partial<PlantOptions>> = () => Promise.resolve({}),
): Promise<Stage> => {
  if (!existsSync(executablePath)) {
    if (process.env['REQUIRE_SYSTEM'] === '1') throw new Error(`missing: ${executablePath}`);
    suite.skip();
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'pilot-plant-'));
  const options = await prepare(dataDir);
  const [plant, browser] = await Promise.all([
    startPlant({ ...options, dataDir }),
    chromium.launch({ executablePath, args }),
  ]);
  const close = async (): Promise<void> => {
    await browser.close();
    await plant.stop();
    rmSync(dataDir, { recursive: true });
  };
  if (await plant.running) return { plant, browser, dataDir, close };
  await close();
  throw new Error(`the plant did not start:\n${plant.output()}`);
};

/** What the page complains about from now on: errors and warnings of its console, and errors nobody caught. */
export const complaints = (page: Page): string[] => {
  const found: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      found.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => found.push(`uncaught: ${error.message}`));
  return found;
};

/** A page of the dashboard with its login page filled in, in a session of its own. */
export const openDashboard = async (
  { browser, plant }: Stage,
  user: string,
  password = plant.passwords()[user] ?? '',
  path = '/fish-tank',
): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${plant.url}/dashboard${path}`);
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  return page;
};

/** What carries the hook `data-test`, with a text or attributes where they matter. */
export const hook = (
  page: Page,
  name: string,
  { text, ...attributes }: { readonly text?: string | RegExp; readonly [attribute: string]: unknown } = {},
): Locator => {
  const wanted = Object.entries(attributes).map(([attribute, value]) => `[${attribute}="${String(value)}"]`);
  return page.locator(`[data-test="${name}"]${wanted.join('')}`, text === undefined ? {} : { hasText: text });
};

/** In light and dark, on a desk and on a phone: it follows the scheme, and nothing is wider than the screen. */
export const shootAll = async (page: Page, name: string, ready: () => Promise<unknown>): Promise<void> => {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.reload();
      await ready();
      const dark = await page.evaluate(
        () => getComputedStyle(document.documentElement).colorScheme === 'dark',
      );
      if (dark !== (colorScheme === 'dark')) throw new Error(`${name}: is not ${colorScheme}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wider > 0) throw new Error(`${name}: ${wider} pixels too wide at ${width}`);
      await shoot(page, `${name}-${width}-${colorScheme}`, { fullPage: true });
    }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.reload();
  await ready();
};

/** For the docs, and only when they are asked for: tests rewrite no file otherwise. */
export const shoot = async (page: Page, name: string, options: PageScreenshotOptions = {}): Promise<void> => {
  if (process.env['SCREENSHOTS'] !== '1') return;
  const folder = join(import.meta.dirname, '..', '..', 'docs', 'images');
  mkdirSync(folder, { recursive: true });
  // Not in the middle of a movement that has an end.
  await page.evaluate(() =>
    Promise.allSettled(
      document.getAnimations().flatMap((one) => (one instanceof CSSTransition ? [one.finished] : [])),
    ),
  );
  await page.screenshot({ ...options, path: join(folder, `${name}.png`) });
};
