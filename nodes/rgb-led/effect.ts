import { between, black, scaled, type Rgb } from './colour.ts';

/** What a layer shows over time. Times are ms of clock time; a count of Infinity goes on for ever. */
export type Effect =
  | { readonly kind: 'solid'; readonly colour: Rgb }
  | {
      readonly kind: 'blink';
      readonly colour: Rgb;
      readonly onMs: number;
      readonly offMs: number;
      readonly count: number;
    }
  | { readonly kind: 'pulse'; readonly colour: Rgb; readonly ms: number; readonly count: number }
  | { readonly kind: 'fade'; readonly from: Rgb; readonly colour: Rgb; readonly ms: number }
  | {
      readonly kind: 'sequence';
      readonly colours: readonly Rgb[];
      readonly ms: number;
      readonly count: number;
    };

/** What is seen at a moment, and when that changes; Infinity: never. */
export interface Look {
  readonly colour: Rgb;
  readonly until: number;
}

/** A fade in fewer steps would be seen, in more it would only cost messages. */
const STEPS = 50;
const SHORTEST_STEP_MS = 50;
const stepOf = (ms: number): number => Math.max(SHORTEST_STEP_MS, ms / STEPS);

/** How long an effect takes before it is over. */
export const lasts = (effect: Effect): number => {
  switch (effect.kind) {
    case 'solid':
      return Infinity;
    case 'blink':
      return effect.count * (effect.onMs + effect.offMs);
    case 'pulse':
      return effect.count * effect.ms;
    case 'fade':
      return effect.ms;
    case 'sequence':
      return effect.count * effect.colours.length * effect.ms;
  }
};

/** What an effect shows `elapsed` ms after its beginning. `until` counts from there too. */
export const lookAt = (effect: Effect, elapsed: number): Look => {
  switch (effect.kind) {
    case 'solid':
      return { colour: effect.colour, until: Infinity };
    case 'blink': {
      const { colour, onMs, offMs } = effect;
      const start = Math.floor(elapsed / (onMs + offMs)) * (onMs + offMs);
      return elapsed - start < onMs
        ? { colour, until: start + onMs }
        : { colour: black, until: start + onMs + offMs };
    }
    case 'pulse': {
      const { colour, ms } = effect;
      const step = Math.floor(elapsed / stepOf(ms));
      const phase = (step * stepOf(ms)) / ms;
      return {
        colour: scaled(colour, (1 - Math.cos(2 * Math.PI * phase)) / 2),
        until: (step + 1) * stepOf(ms),
      };
    }
    case 'fade': {
      const { from, colour, ms } = effect;
      const step = Math.floor(elapsed / stepOf(ms));
      const share = ms === 0 ? 1 : Math.min(1, (step * stepOf(ms)) / ms);
      return { colour: between(from, colour, share), until: Math.min(ms, (step + 1) * stepOf(ms)) };
    }
    case 'sequence': {
      const { colours, ms } = effect;
      const step = Math.floor(elapsed / ms);
      return { colour: colours[step % colours.length] ?? black, until: (step + 1) * ms };
    }
  }
};
