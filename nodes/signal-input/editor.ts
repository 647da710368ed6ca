import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { showRows, storeRows, type Column } from '../lib/rows.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

const columns: readonly Column[] = [
  { name: 'from', width: '46%' },
  { name: 'key', width: '22%', last: true },
  { name: 'to', width: '46%' },
  { name: 'quantity', width: '22%', last: true },
  { name: 'kind', width: '22%', choices: ['number', 'boolean', 'text'] },
  { name: 'unit', width: '20%' },
  { name: 'min', width: '20%' },
  { name: 'max', width: '20%' },
];

RED.nodes.registerType('signal-input', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'signal-input.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 1,
  paletteLabel: 'signal input',
  label() {
    return this.name || 'signal input';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    showRows($('#node-input-rule-list'), $('#node-input-rules'), columns, (key) =>
      this._(`signal-input.${key}`),
    );
    const role = $('#node-input-role');
    const show = (): void => {
      $('.signal-input-measurement').toggle(role.val() === 'measurement');
    };
    role.on('change', show);
    show();
  },
  oneditsave() {
    storeRows($('#node-input-rule-list'), $('#node-input-rules'), columns);
  },
});
