import type { EditorRED } from 'node-red';
import { editorDefaults } from '../lib/fields.ts';
import { fields } from './config.ts';

declare const RED: EditorRED;

RED.nodes.registerType('process-clock', {
  category: 'config',
  defaults: editorDefaults(fields),
  label() {
    return this.name || `clock ${this.mode === 'scaled' ? `${this.speed}x` : this.mode}`;
  },
  oneditprepare() {
    const mode = $('#node-config-input-mode');
    const show = (): void => {
      $('.process-clock-scaled').toggle(mode.val() === 'scaled');
      $('.process-clock-simulated').toggle(mode.val() !== 'real');
    };
    mode.on('change', show);
    show();
  },
});
