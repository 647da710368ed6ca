import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('system-status', {
  category: 'pilot plant',
  color: '#d9d3c7',
  icon: 'system-status.svg',
  defaults: editorDefaults(fields),
  inputs: 0,
  outputs: 1,
  paletteLabel: 'system status',
  label() {
    return this.name || 'system status';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
