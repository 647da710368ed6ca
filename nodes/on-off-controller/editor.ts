import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('on-off-controller', {
  category: 'pilot plant',
  color: '#c9e0c4',
  icon: 'on-off-controller.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['output', 'details'],
  paletteLabel: 'on\u2011off controller',
  label() {
    return this.name || this.outputTopic || 'on-off controller';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const target = $('#node-input-target');
    const show = (): void => {
      $('.on-off-controller-range').toggle(target.val() === 'range');
      $('.on-off-controller-setpoint').toggle(target.val() === 'setpoint');
    };
    target.on('change', show);
    show();
  },
});
