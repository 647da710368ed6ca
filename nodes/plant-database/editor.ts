import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { showRows, storeRows, type Column } from '../lib/rows.ts';
import { fields, isFitToSave } from './config.ts';

declare const RED: EditorRED;

const columns: readonly Column[] = [
  { name: 'series', width: '34%' },
  { name: 'rawDays', width: '18%' },
  { name: 'minuteDays', width: '18%' },
  { name: 'hourDays', width: '18%' },
];
const defaults = editorDefaults(fields);

RED.nodes.registerType('plant-database', {
  category: 'config',
  defaults: {
    ...defaults,
    // Two parameters: with one, the editor takes a sentence for "valid".
    url: {
      ...defaults.url,
      validate: ((url: string, _options: unknown) => isFitToSave(url)) as () => boolean,
    },
  },
  credentials: { user: { type: 'text' }, password: { type: 'password' } },
  label() {
    return this.name || this.url || 'history.sqlite';
  },
  oneditprepare() {
    showRows($('#node-config-input-retention-list'), $('#node-config-input-retention'), columns, (key) =>
      this._(`plant-database.${key}`),
    );
  },
  oneditsave() {
    storeRows($('#node-config-input-retention-list'), $('#node-config-input-retention'), columns);
  },
});
