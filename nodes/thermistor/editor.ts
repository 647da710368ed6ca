import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('thermistor', {
  category: 'pilot plant',
  color: '#e3d9a8',
  icon: 'thermistor.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 1,
  paletteLabel: 'thermistor',
  label() {
    return this.name || this.outputTopic || 'thermistor';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const input = $('#node-input-input');
    const model = $('#node-input-model');
    const show = (): void => {
      $('.thermistor-count').toggle(input.val() === 'count');
      $('.thermistor-beta').toggle(model.val() === 'beta');
      $('.thermistor-steinhart').toggle(model.val() === 'steinhart');
    };
    input.on('change', show);
    model.on('change', show);
    show();
  },
});
