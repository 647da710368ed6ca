import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('button', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'button.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['gesture', 'state'],
  paletteLabel: 'button',
  label() {
    return this.name || this.outputTopic || 'button';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
