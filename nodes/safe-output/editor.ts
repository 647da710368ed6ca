import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('safe-output', {
  category: 'pilot plant',
  color: '#f0c9a8',
  icon: 'safe-output.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['output', 'reason'],
  paletteLabel: 'safe output',
  label() {
    return this.name || this.outputTopic || 'safe output';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
