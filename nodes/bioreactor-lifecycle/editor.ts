import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('bioreactor-lifecycle', {
  category: 'pilot plant',
  color: '#d9c8e3',
  icon: 'bioreactor-lifecycle.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 6,
  outputLabels: ['status', 'publish', 'led', 'measurement request', 'actuators', 'audit'],
  paletteLabel: 'bioreactor',
  label() {
    return this.name || this.unit || 'bioreactor';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
