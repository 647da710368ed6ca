import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('data-silo', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'data-silo.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 1,
  outputLabels: ['snapshot'],
  paletteLabel: 'data silo',
  label() {
    return this.name || this.outputTopic || 'data silo';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const from = $('#node-input-clientFrom');
    const show = (): void => {
      $('.data-silo-topic').toggle(from.val() === 'topic');
      $('.data-silo-property').toggle(from.val() === 'property');
    };
    from.on('change', show);
    show();
  },
});
