import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('record-store', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'record-store.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  outputLabels: ['done', 'not found or condition not met'],
  paletteLabel: 'record store',
  label() {
    const { name, operation, collection } = this;
    if (name) return name;
    if (!collection) return 'record store';
    return operation === 'message' ? collection : `${operation} ${collection}`;
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const operation = $('#node-input-operation');
    const show = (): void => {
      const word = String(operation.val());
      const any = word === 'message';
      $('.record-store-where').toggle(any || ['list', 'update', 'reserve', 'delete'].includes(word));
      $('.record-store-sort').toggle(any || ['list', 'reserve'].includes(word));
      $('.record-store-limit').toggle(any || word === 'list');
      $('.record-store-keep').toggle(any || word === 'put');
      $('.record-store-schema').toggle(any || ['put', 'update', 'reserve'].includes(word));
      $('.record-store-away').toggle(word === 'put');
    };
    operation.on('change', show);
    show();
  },
});
