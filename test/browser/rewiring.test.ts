import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { complaints, hook, openDashboard, openStage, type Stage } from '../support/browser.ts';
import {
  closeForm,
  deploy,
  dropFromPalette,
  find,
  middle,
  nodeById,
  openEditor,
  openForm,
  wire,
  type Point,
} from '../support/editor.ts';

const builtIn = 'fish-tank-control-heater-on-off';
const measurements = 'fish-tank-control-heater-on-off-in';
const owner = 'fish-tank-control-heater-owner';

describe('a student rewires the heater', function () {
  this.timeout(180_000);
  let stage: Stage;
  let editor: Page;
  let page: Page;
  let found: string[];
  let own: string;
  let place: Point;
  before(async function () {
    stage = await openStage(this);
    [editor, page] = await Promise.all([openEditor(stage, 'admin'), openDashboard(stage, 'operator')]);
    found = complaints(editor);
    // Slow, so that the water stays cold.
    await hook(page, 'speed-10').click();
    await hook(page, 'speed-now', { text: '10×' }).waitFor();
  });
  after(() => stage?.close());
  afterEach(() => assert.deepEqual(found.splice(0), []));

  /** Deletes a node of the canvas; where it stood. */
  const remove = async (id: string): Promise<Point> => {
    await find(editor, id);
    const node = nodeById(editor, id);
    const place = await middle(node.locator('rect.red-ui-flow-node'));
    await node.click();
    await editor.keyboard.press('Delete');
    await node.waitFor({ state: 'detached' });
    return place;
  };
  /** Puts a node of the palette between the measurements and the one who decides. */
  const add = async (type: string): Promise<string> => {
    const id = await dropFromPalette(editor, type, place);
    await wire(editor, measurements, id);
    await wire(editor, id, owner);
    return id;
  };
  const heater = (state: 'on' | 'off'): Promise<void> =>
    hook(page, 'actuator-heater', { 'data-applied': state }).waitFor();

  it('and without a controller it is off', async () => {
    await heater('on');
    place = await remove(builtIn);
    await deploy(editor);
    await heater('off');
    await hook(page, 'owner-heater', { text: 'silent' }).waitFor();
  });

  it('with an on-off controller of their own', async () => {
    own = await add('on-off-controller');
    await openForm(editor, own);
    await editor.locator('#node-input-name').fill('my controller');
    await editor.locator('#node-input-clock').selectOption({ label: 'fish tank' });
    await editor.locator('#node-input-quantity').fill('temperature');
    await editor.locator('#node-input-outputTopic').fill('on-off/heater');
    await editor.locator('#node-input-min').fill('24.2');
    await editor.locator('#node-input-max').fill('26.2');
    await closeForm(editor, 'ok');
    await deploy(editor);
    await nodeById(editor, own).getByText('°C on').waitFor();
    await hook(page, 'owner-heater', { text: 'by on-off' }).waitFor();
    await heater('on');
  });

  it('with a line of JavaScript', async () => {
    await remove(own);
    own = await add('function');
    await openForm(editor, own);
    await editor.locator('#node-input-name').fill('my line');
    await editor.locator('#node-input-func-editor .view-lines').click();
    await editor.keyboard.press('Control+a');
    // Ranges and what is in force arrive on the same wire; their topics have no slash.
    await editor.keyboard.insertText(
      "if (!msg.topic.includes('/')) return; msg.topic = 'on-off/heater'; msg.payload = msg.payload.temperature < 25; return msg;",
    );
    await closeForm(editor, 'ok');
    await deploy(editor);
    await hook(page, 'owner-heater', { text: 'by on-off' }).waitFor();
    await heater('on');
  });
});
