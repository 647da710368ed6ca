import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('history-query', {
  category: 'pilot plant',
  color: '#c9dbe8',
  icon: 'history-query.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 1,
  paletteLabel: 'history query',
  label() {
    return this.name || 'history query';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const mode = $('#node-input-mode');
    const csvRows = $('#node-input-csvRows');
    const show = (): void => {
      const chosen = String(mode.val());
      $('.history-query-range').toggle(chosen === 'range');
      $('.history-query-csv').toggle(chosen === 'csv');
      $('.history-query-from').toggle(['range', 'statistics', 'csv'].includes(chosen));
      $('.history-query-to').toggle(chosen !== 'series');
      $('.history-query-points').toggle(
        chosen === 'range' || (chosen === 'csv' && csvRows.val() === 'points'),
      );
    };
    mode.on('change', show);
    csvRows.on('change', show);
    show();
  },
});
