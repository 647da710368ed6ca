import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('rgb-led', {
  category: 'pilot plant',
  color: '#e6d3b8',
  icon: 'rgb-led.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 4,
  outputLabels: ['red', 'green', 'blue', 'css'],
  paletteLabel: 'rgb led',
  label() {
    return this.name || 'rgb led';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
