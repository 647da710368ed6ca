import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { listOf } from '../lib/list.ts';
import { isRecord } from '../lib/signal.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

const cellText = (cell: unknown): string =>
  typeof cell === 'string' || typeof cell === 'number' ? String(cell) : '';

/** One source as form elements; `t` gives the text of a label. */
const addRow = (row: JQuery, source: Readonly<Record<string, unknown>>, t: (key: string) => string): void => {
  const cell = (column: string, input: JQuery, width: string): JQuery =>
    input
      .attr({ 'data-column': column, title: t(`source.${column}`) })
      .css({ width, margin: '2px' })
      .val(cellText(source[column]));
  const text = (column: string): JQuery => $('<input>', { type: 'text', placeholder: t(`source.${column}`) });
  const times = ['process', 'wall'].map((time) => $('<option>', { value: time, text: t(`time.${time}`) }));
  row.append(cell('topic', text('topic'), '45%'), cell('silenceSeconds', text('silenceSeconds'), '18%'));
  const time = $('<select>').append(...times);
  row.append(cell('time', time, '28%'));
  time.val(source['time'] === 'wall' ? 'wall' : 'process');
};

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
    const list = $('#node-input-source-list');
    list.editableList({
      addItem: (row: JQuery, _index: number, source: unknown) =>
        addRow(row, isRecord(source) ? source : {}, (key) => this._(`command-selector.${key}`)),
      removable: true,
      sortable: true,
    });
    for (const source of listOf($('#node-input-sources').val()) ?? [])
      if (isRecord(source)) list.editableList('addItem', source);
  },
  oneditsave() {
    const sources = $('#node-input-source-list')
      .editableList('items')
      .toArray()
      .map((row: unknown) =>
        Object.fromEntries(
          ['topic', 'silenceSeconds', 'time'].map((column) => [
            column,
            $(row as HTMLElement)
              .find(`[data-column=${column}]`)
              .val(),
          ]),
        ),
      )
      .map((source) => ({ ...source, silenceSeconds: source['silenceSeconds'] || '0' }));
    $('#node-input-sources').val(JSON.stringify(sources));
  },
});
