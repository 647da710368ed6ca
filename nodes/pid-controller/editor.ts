import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

/** Shows the rows of one choice only; `choices` are the values of the select. */
const showChosen = (select: string, choices: readonly string[]): void => {
  const element = $(`#node-input-${select}`);
  const show = (): void => {
    for (const choice of choices) $(`.pid-controller-${choice}`).toggle(element.val() === choice);
  };
  element.on('change', show);
  show();
};

RED.nodes.registerType('pid-controller', {
  category: 'pilot plant',
  color: '#c9e0c4',
  icon: 'pid-controller.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 3,
  inputLabels: 'measurement, commands',
  outputLabels: ['output', 'details', 'tracking for an outer controller'],
  paletteLabel: 'pid controller',
  label() {
    return this.name || this.outputTopic || 'pid controller';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    showChosen('form', ['isa', 'parallel']);
    showChosen('antiWindup', ['back-calculation']);
  },
});
