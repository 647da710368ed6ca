import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('batch-manager', {
  category: 'pilot plant',
  color: '#d5c9e3',
  icon: 'batch-manager.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 3,
  outputLabels: ['answer', 'to a reactor', 'journal'],
  paletteLabel: 'batch manager',
  label() {
    return this.name || 'batch manager';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
