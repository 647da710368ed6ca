import { parse } from '../../nodes/pid-controller/config.ts';
import type { Settings } from '../../nodes/pid-controller/pid.ts';

/** Settings as the form gives them, with practically no output limits unless the case sets some. */
export const pidSettings = (form: object): Settings =>
  parse({ outMin: -1e9, outMax: 1e9, startOutput: 0, maxGap: 600, ...form }).core;
