import assert from 'node:assert/strict';
import { obey, readCommand } from '../../nodes/tank-sim/command.ts';
import { presets, type TankParameters } from '../../nodes/tank-sim/presets.ts';
import { initialState, tankOf, type Tank, type TankState } from '../../nodes/tank-sim/tank.ts';

/** 8 h of a process day. */
export const START = Date.UTC(2000, 0, 1, 8);

/** The tank of the original simulator: 0.1 degC/s, 0.01 /s, from 15 in 10 degC. */
export const classroom = (changes: Partial<TankParameters> = {}): Tank =>
  tankOf({ ...presets.classroom, ...changes });

/** A tank with the named commands in force from the start. */
export const running = (tank: Tank, commands: Readonly<Record<string, unknown>> = {}): TankState => {
  const state = initialState(tank, START);
  if (Object.keys(commands).length > 0) obey(tank, state, readCommand('control', commands), START);
  return state;
};

export const near = (actual: number, expected: number, tolerance: number, what = ''): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what} ${actual}, expected ${expected} ± ${tolerance}`,
  );
