import type { Locator, Page } from 'playwright-core';
import { PATIENCE_MS, type Stage } from './browser.ts';

/** The editor as a person uses it: by what is seen, the mouse and the keyboard. */
export const openEditor = async ({ browser, plant }: Stage, user: string): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${plant.url}/admin/`);
  await page.getByLabel('Username').fill(user);
  await page.getByLabel('Password').fill(plant.passwords()[user] ?? '');
  await page.getByRole('button', { name: 'Login' }).click();
  await page.locator('#red-ui-workspace-tabs').getByText('Services', { exact: true }).waitFor();
  await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  return page;
};

export const showTab = async (page: Page, label: string): Promise<void> => {
  const tabs = page.locator('#red-ui-workspace-tabs .red-ui-tab');
  await tabs.filter({ has: page.getByText(label, { exact: true }) }).click();
  await page.locator('#red-ui-workspace-tabs .red-ui-tab.active', { hasText: label }).waitFor();
};

/** A node on the canvas. */
export const nodeById = (page: Page, id: string): Locator =>
  page.locator(`#red-ui-workspace-chart [id="${id}"]`);

/** The id of the only node that is selected. */
const selected = async (page: Page): Promise<string> =>
  (await page.locator('.red-ui-flow-node-selected').getAttribute('id')) ?? '';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The middle of something on the screen. */
export const middle = async (thing: Locator): Promise<Point> => {
  const box = await thing.boundingBox();
  if (!box) throw new Error(`not to be seen: ${String(thing)}`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};

const drag = async (page: Page, from: Point, to: Point): Promise<void> => {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  // The first steps tell a drag from a click.
  await page.mouse.move(to.x, to.y, { steps: 8 });
  await page.mouse.up();
};

/** Drags a node from the palette to a point of the canvas; its id. */
export const dropFromPalette = async (page: Page, type: string, to: Point): Promise<string> => {
  const source = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
  await source.scrollIntoViewIfNeeded();
  await drag(page, await middle(source), to);
  return selected(page);
};

/** Draws a wire from an output of a node to the input of another. */
export const wire = async (page: Page, from: string, to: string, output = 0): Promise<void> => {
  await drag(
    page,
    await middle(nodeById(page, from).locator('.red-ui-flow-port-output .red-ui-flow-port').nth(output)),
    await middle(nodeById(page, to).locator('.red-ui-flow-port-input .red-ui-flow-port')),
  );
};

/** Looks a node up by its id, as with Ctrl+F, so that it is on the screen. */
export const find = async (page: Page, id: string): Promise<void> => {
  await page.locator('#red-ui-workspace-chart').focus();
  await page.keyboard.press('Control+f');
  await page.locator('.red-ui-search input[type=text]').pressSequentially(id);
  const itself = page.locator('.red-ui-search-result-node-id', { hasText: new RegExp(`^${id}$`) });
  await page.locator('.red-ui-search-result').filter({ has: itself }).click();
  const node = nodeById(page, id);
  await node.and(page.locator('.red-ui-flow-node-highlighted')).waitFor();
  await (await node.elementHandle())?.waitForElementState('stable');
  // What is left of the search would lie over a wide form.
  await page.locator('#red-ui-view-searchtools-close').click();
};

/** Opens the form of a node that is on the screen. */
export const openForm = async (page: Page, id: string): Promise<void> => {
  await nodeById(page, id).locator('rect.red-ui-flow-node').dblclick();
  await page.locator('#node-dialog-ok').waitFor();
};

export const closeForm = async (page: Page, button: 'ok' | 'cancel' | 'delete'): Promise<void> => {
  await page.locator(`#node-dialog-${button}`).click();
  await page.locator('.red-ui-tray').waitFor({ state: 'detached' });
};

/** Clicks Deploy and waits until the runtime has taken it. */
export const deploy = async (page: Page): Promise<void> => {
  const answer = page.waitForResponse(
    (response) => response.url().endsWith('/admin/flows') && response.request().method() === 'POST',
  );
  await page.locator('#red-ui-header-button-deploy').click();
  const status = (await answer).status();
  if (status !== 200) throw new Error(`the deploy was refused with ${status}`);
  await page.locator('#red-ui-header-button-deploy.disabled').waitFor();
};

/** Of the text below in Arial, and in Liberation Sans, which has the same widths. */
const ARIAL_WIDTH = 450;

/** Whether this machine has the letters of Arial: by others the editor measures other nodes and groups. */
export const hasArial = (page: Page): Promise<boolean> =>
  page.evaluate((width) => {
    const context = document.createElement('canvas').getContext('2d');
    if (!context) return false;
    context.font = '100px Arial';
    return Math.round(context.measureText('Pilot Plant').width) === width;
  }, ARIAL_WIDTH);
