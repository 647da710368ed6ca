import { shown } from '../lib/number.ts';

/** What a request is answered with. */
export interface Answer {
  readonly statusCode: number;
  readonly payload: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
/** What goes to a reactor by MQTT. */
export interface Publication {
  readonly topic: string;
  readonly payload: unknown;
}
/** What comes of a message; without an answer for what devices say. */
export interface Outcome {
  readonly answer?: Answer;
  readonly publish?: readonly Publication[];
  readonly journal?: readonly Readonly<Record<string, unknown>>[];
  /** wall time, ms: when somebody has to look whether a reactor has answered */
  readonly due?: number;
}

/** A request that is refused, in a sentence for the person who asked; anything else that is thrown is a failure. */
export class Refusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: 400 | 403 | 404 | 409, sentence: string) {
    super(sentence);
    this.statusCode = statusCode;
  }
}

export const answered = (payload: unknown, statusCode = 200): Outcome => ({
  answer: { statusCode, payload },
});
export const refused = ({ statusCode, message }: Refusal): Answer => ({
  statusCode,
  payload: { error: message },
});

/** Reads what a person has sent: what cannot be read is theirs to correct. */
export const asked = <T>(read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw new Refusal(400, cause instanceof Error ? cause.message : String(cause));
  }
};

export const wrong = (name: string, wanted: string, value: unknown): Error =>
  new Error(`${name}: must be ${wanted}, got ${shown(value)}`);
