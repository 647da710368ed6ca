import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('adc-input', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'adc-input.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['reading', 'dropped'],
  paletteLabel: 'adc input',
  label() {
    return this.name || this.outputTopic || 'adc input';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
