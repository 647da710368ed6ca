/**
 * ADC counts out of a stream of characters, as an ESP8266 sends them: decimal text, one reading a line; or, as the
 * original firmware does, with no mark at all between two readings. Then only silence tells where one ends. What cannot
 * be told apart for certain is dropped with a reason, never guessed. Times are ms.
 */
export interface Settings {
  /** the highest count */
  readonly fullScale: number;
  /** text without a newline is complete once nothing more has come for so long */
  readonly silenceMs: number;
}
export interface Memory {
  /** the connection the text came by */
  readonly session: string | undefined;
  /** the connection has used a newline: from then on only a newline ends a reading */
  readonly framed: boolean;
  /** what has come of the reading under way */
  readonly text: string;
  /** the reading under way is already dropped: the rest of it goes too */
  readonly skipping: boolean;
  /** when the last character came */
  readonly lastAt: number;
}
export type Reason =
  | 'backlog'
  | 'incomplete'
  | 'not a number'
  | 'leading zero'
  | 'too many digits'
  | 'above full scale'
  | 'too long';
/** What was dropped of one chunk for one reason: how often, and the text of the first. */
export interface Dropped {
  readonly reason: Reason;
  readonly text: string;
  readonly count: number;
}
export interface Result {
  readonly memory: Memory;
  /** the newest complete reading */
  readonly count: number | undefined;
  readonly dropped: readonly Dropped[];
}

/** Longer than any reading: more is kept of none. */
const LONGEST = 64;
const SHOWN_LENGTH = 60;

export const begin = (session?: string): Memory => ({
  session,
  framed: false,
  text: '',
  skipping: false,
  lastAt: -Infinity,
});

/** The count a text stands for, or why it stands for none. Two readings run together look like one too long. */
export const countOf = (text: string, fullScale: number): number | Reason => {
  const digits = text.trim();
  if (!/^\d+$/.test(digits)) return 'not a number';
  if (/^0\d/.test(digits)) return 'leading zero';
  if (digits.length > String(Math.trunc(fullScale)).length) return 'too many digits';
  return Number(digits) > fullScale ? 'above full scale' : Number(digits);
};

/** Gathers readings and drops of one chunk; of a backlog only the newest reading is of any use. */
const gather = (fullScale: number) => {
  const drops = new Map<Reason, Dropped>();
  let newest: { count: number; text: string } | undefined;
  const drop = (reason: Reason, text: string): void => {
    const known = drops.get(reason);
    drops.set(reason, {
      reason,
      text: known?.text ?? text.slice(0, SHOWN_LENGTH),
      count: (known?.count ?? 0) + 1,
    });
  };
  return {
    drop,
    take(text: string): void {
      if (text.trim() === '') return;
      const count = countOf(text, fullScale);
      if (typeof count === 'string') return drop(count, text);
      if (newest) drop('backlog', newest.text);
      newest = { count, text };
    },
    result: (memory: Memory): Result => ({ memory, count: newest?.count, dropped: [...drops.values()] }),
  };
};
type Gathering = ReturnType<typeof gather>;

/** When silence completes the reading under way; undefined where only a newline does. */
export const silentAt = ({ silenceMs }: Settings, memory: Memory): number | undefined =>
  memory.framed || (memory.text === '' && !memory.skipping) ? undefined : memory.lastAt + silenceMs;

const completed = (settings: Settings, memory: Memory, now: number, found: Gathering): Memory => {
  const due = silentAt(settings, memory);
  if (due === undefined || now < due) return memory;
  if (!memory.skipping) found.take(memory.text);
  return { ...memory, text: '', skipping: false };
};

/** Nothing has come up to now. */
export const silence = (settings: Settings, memory: Memory, now: number): Result => {
  const found = gather(settings.fullScale);
  return found.result(completed(settings, memory, now, found));
};

/** The line is gone: what was under way is no reading. */
export const disconnect = (settings: Settings, memory: Memory, session?: string): Result => {
  const found = gather(settings.fullScale);
  if (memory.text !== '') found.drop('incomplete', memory.text);
  return found.result(begin(session));
};

/** Takes a chunk of text that has come by a connection (`session`, undefined where there is but one line). */
export const accept = (
  settings: Settings,
  before: Memory,
  session: string | undefined,
  chunk: string,
  now: number,
): Result => {
  const found = gather(settings.fullScale);
  let memory = before;
  if (session !== memory.session) {
    if (memory.text !== '') found.drop('incomplete', memory.text);
    memory = begin(session);
  } else memory = completed(settings, memory, now, found);

  const lines = (memory.text + chunk).split('\n');
  const rest = lines.pop() ?? '';
  let { skipping } = memory;
  for (const line of lines) {
    if (!skipping) found.take(line);
    skipping = false;
  }
  const tooLong = rest.length > LONGEST;
  if (tooLong && !skipping) found.drop('too long', rest);
  skipping ||= tooLong;
  return found.result({
    session,
    framed: memory.framed || lines.length > 0,
    text: skipping ? '' : rest,
    skipping,
    lastAt: now,
  });
};
