import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('alarm-list', {
  category: 'pilot plant',
  color: '#e8c9c4',
  icon: 'alarm-list.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['list', 'event'],
  paletteLabel: 'alarm list',
  label() {
    return this.name || 'alarm list';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
