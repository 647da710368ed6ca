import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('history-write', {
  category: 'pilot plant',
  color: '#d5cbe8',
  icon: 'history-write.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 0,
  align: 'right',
  paletteLabel: 'history write',
  label() {
    return this.name || this.topic || 'history write';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
