/** The loop that both PIDs of the benchmark control: gain, times in seconds, output in %. */
export const loop = { kc: 12, ti: 600, td: 30, derivativeFilter: 10, setpoint: 25, outMin: 0, outMax: 100 };

/**
 * What `pid-controller` does with these settings, as a user would write it in a function node: checked input, ISA form,
 * filtered derivative on the measurement, limits, anti-windup by back-calculation; the memory lives in the context.
 */
export const functionPid = `
const { kc, ti, td, derivativeFilter, setpoint, outMin, outMax } = ${JSON.stringify(loop)};
const pv = msg.payload;
if (typeof pv !== 'number' || !Number.isFinite(pv)) throw new Error('payload: must be a finite number');
const memory = context.get('memory') ?? { at: msg.timestamp - 1000, pv, i: 0, d: 0 };
const dt = (msg.timestamp - memory.at) / 1000;
const tf = td / derivativeFilter;
const error = setpoint - pv;
const p = kc * error;
const d = (tf * memory.d - kc * td * (pv - memory.pv)) / (tf + dt);
const i = memory.i + (kc / ti) * error * dt;
const wanted = p + d + i;
const output = Math.min(Math.max(wanted, outMin), outMax);
const followed = i - Math.expm1(-dt / Math.sqrt(ti * td)) * (output - wanted);
context.set('memory', { at: msg.timestamp, pv, i: followed, d });
msg.topic = 'heater';
msg.payload = output;
msg.unit = '%';
return msg;
`;
