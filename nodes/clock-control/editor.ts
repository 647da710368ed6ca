import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('clock-control', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'clock-control.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['state', 'tick'],
  paletteLabel: 'clock control',
  label() {
    return this.name || 'clock control';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
