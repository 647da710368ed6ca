import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('tcp-listener', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'tcp-listener.svg',
  defaults: editorDefaults(fields),
  inputs: 0,
  outputs: 1,
  paletteLabel: 'tcp listener',
  label() {
    return this.name || 'tcp listener';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
