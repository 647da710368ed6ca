import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { showRows, storeRows, type Column } from '../lib/rows.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

const columns: readonly Column[] = [
  { name: 'topic', width: '45%' },
  { name: 'silenceSeconds', width: '18%' },
  { name: 'time', width: '28%', choices: ['process', 'wall'] },
];

RED.nodes.registerType('command-selector', {
  category: 'pilot plant',
  color: '#c9e0c4',
  icon: 'command-selector.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 3,
  outputLabels: ['command', 'tracking', 'hand-over'],
  paletteLabel: 'command selector',
  label() {
    return this.name || this.outputTopic || 'command selector';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const t = (key: string): string => this._(`command-selector.${key}`);
    showRows($('#node-input-source-list'), $('#node-input-sources'), columns, t);
  },
  oneditsave() {
    storeRows($('#node-input-source-list'), $('#node-input-sources'), columns);
  },
});
