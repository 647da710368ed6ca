import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields, parameterNames } from './config.ts';
import { presets, type Preset } from './presets.ts';

declare const RED: EditorRED;

const isPreset = (value: unknown): value is Preset =>
  typeof value === 'string' && Object.hasOwn(presets, value);

RED.nodes.registerType('tank-sim', {
  category: 'pilot plant',
  color: '#a9d5d9',
  icon: 'tank-sim.svg',
  defaults: editorDefaults(fields),
  inputs: 1,
  outputs: 2,
  inputLabels: 'actuators, control, reset, set, fault',
  outputLabels: ['what the sensors show', 'how the plant really is'],
  paletteLabel: 'tank sim',
  label() {
    return this.name || 'tank sim';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const select = $('#node-input-preset');
    let preset = select.val();
    // The editor itself reports a change when it opens the form: only another choice may overwrite the fields.
    select.on('change', () => {
      const chosen = select.val();
      if (chosen === preset || !isPreset(chosen)) return;
      preset = chosen;
      for (const name of parameterNames)
        $(`#node-input-${name}`).val(String(presets[chosen][name])).trigger('change');
    });
  },
});
