import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('mqtt-outbox', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'mqtt-outbox.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['to mqtt out', 'facts'],
  paletteLabel: 'mqtt outbox',
  label() {
    return this.name || 'mqtt outbox';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
});
