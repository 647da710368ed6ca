import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { listOf } from '../lib/list.ts';
import { isRecord } from '../lib/signal.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

const columns = ['from', 'key', 'to', 'quantity', 'kind', 'unit', 'min', 'max'] as const;
const widths: Readonly<Record<(typeof columns)[number], string>> = {
  from: '46%',
  key: '22%',
  to: '46%',
  quantity: '22%',
  kind: '22%',
  unit: '20%',
  min: '20%',
  max: '20%',
};

const shownCell = (cell: unknown, column: string): string | number =>
  typeof cell === 'string' || typeof cell === 'number' ? cell : column === 'kind' ? 'number' : '';

/** One row of the topic map as form elements; `t` gives the text of a label. */
const addRow = (row: JQuery, rule: Readonly<Record<string, unknown>>, t: (key: string) => string): void => {
  for (const [index, column] of columns.entries()) {
    const input =
      column === 'kind'
        ? $('<select>').append(
            ...['number', 'boolean', 'text'].map((kind) =>
              $('<option>', { value: kind, text: t(`kind.${kind}`) }),
            ),
          )
        : $('<input>', { type: 'text', placeholder: t(`rule.${column}`) });
    input
      .attr({ 'data-column': column, title: t(`rule.${column}`) })
      .css({ width: widths[column], margin: '2px' })
      .val(shownCell(rule[column], column))
      .appendTo(row);
    if (index === 1 || index === 3) row.append('<br>');
  }
};

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
    const list = $('#node-input-rule-list');
    list.editableList({
      addItem: (row: JQuery, _index: number, rule: unknown) =>
        addRow(row, isRecord(rule) ? rule : {}, (key) => this._(`signal-input.${key}`)),
      removable: true,
      sortable: true,
    });
    for (const rule of listOf($('#node-input-rules').val()) ?? [])
      if (isRecord(rule)) list.editableList('addItem', rule);
    const role = $('#node-input-role');
    const show = (): void => {
      $('.signal-input-measurement').toggle(role.val() === 'measurement');
    };
    role.on('change', show);
    show();
  },
  oneditsave() {
    const rules = $('#node-input-rule-list')
      .editableList('items')
      .toArray()
      .map((row: unknown) =>
        Object.fromEntries(
          columns.map((column) => [
            column,
            $(row as HTMLElement)
              .find(`[data-column=${column}]`)
              .val(),
          ]),
        ),
      );
    $('#node-input-rules').val(JSON.stringify(rules));
  },
});
