import type { NewMessage } from '../lib/node.ts';
import type { Quality } from '../lib/signal.ts';
import type { Status } from '../lib/status.ts';
import type { Memory } from './pid.ts';

/** What the messages beside the output are made of. */
export interface Report {
  readonly topic: string;
  readonly timestamp: number;
  readonly quality: Quality;
  readonly source: unknown;
  /** of the measurement */
  readonly unit: string;
  readonly outputUnit: string;
  /** samples that came without time passed */
  readonly skipped: number;
}

/** The message on the second output: why the output is what it is. */
export const detailsOf = (memory: Memory, report: Report): NewMessage => {
  const { topic, timestamp, quality, source, unit, outputUnit, skipped } = report;
  const msg: NewMessage = {
    topic: `${topic}/details`,
    payload: {
      P: memory.p,
      I: memory.i,
      D: memory.d,
      feedforward: memory.feedForward ?? 0,
      error: memory.error,
      measurement: memory.pv,
      setpoint: memory.ramped ?? memory.setpoint,
      target: memory.setpoint,
      output: memory.output,
      mode: memory.acting,
      limit: memory.limit,
      skipped,
    },
    units: {
      P: outputUnit,
      I: outputUnit,
      D: outputUnit,
      feedforward: outputUnit,
      error: unit,
      measurement: unit,
      setpoint: unit,
      target: unit,
      output: outputUnit,
    },
    timestamp,
    quality,
  };
  if (source !== undefined) msg['source'] = source;
  return msg;
};

/**
 * The message on the third output, for the outer controller of a cascade: how far this loop gets while it cannot
 * follow its setpoint; a payload of null says that it follows again. `limited` tells a loop at its limit from one
 * that is not in automatic.
 */
export const trackingOf = ({ acting, limit, pv }: Memory): NewMessage & { payload: number | null } => ({
  topic: 'tracking',
  payload: acting !== 'auto' || limit === 'high' || limit === 'low' ? pv : null,
  limited: acting === 'auto',
});

/** The status: the output, and what it is bound by. */
export const lightFor = ({ acting, limit, output }: Memory, unit: string, failure: string): Status => {
  if (acting === 'fail-safe') return { kind: 'lost', text: failure };
  if (acting === 'tracking') return { kind: 'idle', value: output, unit, text: acting };
  if (acting === 'manual') return { kind: 'simulated', value: output, unit, text: acting };
  if (limit === 'none') return { kind: 'nominal', value: output, unit };
  return { kind: limit === 'gap' ? 'waiting' : 'limited', value: output, unit, text: limit };
};
