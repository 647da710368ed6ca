import { parseNumber, shown } from '../lib/number.ts';
import { isRecord, worst, type Quality, type Scalar } from '../lib/signal.ts';

export type ValueKind = 'number' | 'boolean' | 'text';

/** One line of the topic map: what arrives on a topic (or under a key of its JSON), and what signal it becomes. */
export interface Rule {
  /** an MQTT topic filter; what each `+` matched is `$1`, `$2` ... in `to` */
  readonly from: string;
  /** key of the JSON object, blank where the payload itself is the value */
  readonly key: string;
  readonly to: string;
  /** the key in the record that goes out; blank: the value is the payload itself */
  readonly quantity: string;
  readonly kind: ValueKind;
  readonly unit: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** What one wire message says: one signal per outgoing topic, and a sentence for each value that was refused. */
export interface Interpretation {
  readonly signals: readonly WireSignal[];
  readonly errors: readonly string[];
  /** the sender's own time, where its JSON has one */
  readonly timestamp: number | undefined;
}
export interface WireSignal {
  readonly topic: string;
  readonly payload: Scalar | Record<string, Scalar>;
  readonly quality: Quality;
  readonly unit: string | undefined;
  readonly units: Record<string, string> | undefined;
  readonly qualities: Record<string, Quality> | undefined;
}

/** What the wildcards of an MQTT topic filter matched, or undefined where the topic does not match. */
export const matchTopic = (filter: string, topic: string): readonly string[] | undefined => {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  const found: string[] = [];
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return [...found, levels.slice(index).join('/')];
    const here = levels[index];
    if (here === undefined) return undefined;
    if (level === '+') found.push(here);
    else if (level !== here) return undefined;
  }
  return levels.length === wanted.length ? found : undefined;
};

const fill = (template: string, found: readonly string[]): string =>
  template.replaceAll(/\$(\d)/g, (_, index) => found[Number(index) - 1] ?? '');

/** The value of one rule, or a sentence that says why there is none. `inJson`: JSON has types, text has none. */
const valueOf = (
  raw: unknown,
  rule: Rule,
  name: string,
  inJson: boolean,
): { value: Scalar; error?: string } => {
  const refused = (wanted: string) => ({
    value: null,
    error: `${name}: must be ${wanted}, got ${shown(raw)}`,
  });
  switch (rule.kind) {
    case 'text':
      return typeof raw === 'string' ? { value: raw } : refused('text');
    case 'boolean': {
      const word = !inJson && typeof raw === 'string' ? spelledOut(raw) : raw;
      return typeof word === 'boolean' ? { value: word } : refused('true or false');
    }
    case 'number': {
      const value = inJson && typeof raw !== 'number' ? undefined : parseNumber(raw);
      const { min = -Infinity, max = Infinity } = rule;
      if (value === undefined) return refused('a finite number');
      return value < min || value > max ? refused(`from ${min} to ${max}`) : { value };
    }
  }
};

/** Also `True` and `False`, as Python writes them. */
const spelledOut = (text: string): boolean | undefined => {
  const word = text.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
};

const asText = (payload: unknown): unknown =>
  payload instanceof Uint8Array ? new TextDecoder().decode(payload) : payload;

/** The object a payload stands for, be it one already or its JSON text. */
const asObject = (payload: unknown): Readonly<Record<string, unknown>> | undefined => {
  if (isRecord(payload)) return payload;
  if (typeof payload !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(payload);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined; // the caller names the payload in its error
  }
};

const eventTime = (raw: unknown): number | undefined => {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  const ms = typeof raw === 'string' ? Date.parse(raw) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

/**
 * Reads a wire message by the topic map. Keys that no rule names are allowed and left out, keys that are absent too
 * (a partial message is a message). Undefined where no rule has the topic.
 */
export const interpret = (
  rules: readonly Rule[],
  topic: string,
  raw: unknown,
): Interpretation | undefined => {
  const payload = asText(raw);
  const errors: string[] = [];
  const signals = new Map<string, { rule: Rule; quantity: string; value: Scalar }[]>();
  let object: Readonly<Record<string, unknown>> | undefined;
  let matched = false;
  for (const rule of rules) {
    const found = matchTopic(rule.from, topic);
    if (!found) continue;
    matched = true;
    const keyed = rule.key !== '';
    if (keyed) object ??= asObject(payload);
    if (keyed && !object) {
      const sentence = `payload of ${topic}: must be a JSON object, got ${shown(payload)}`;
      if (!errors.includes(sentence)) errors.push(sentence);
    } else if (keyed && !Object.hasOwn(object ?? {}, rule.key)) continue;
    const name = keyed ? `${rule.key} of ${topic}` : `payload of ${topic}`;
    const { value, error } =
      keyed && !object ? { value: null } : valueOf(keyed ? object?.[rule.key] : payload, rule, name, keyed);
    if (error !== undefined) errors.push(error);
    const to = fill(rule.to, found);
    const quantity = fill(rule.quantity, found);
    const group = signals.get(to) ?? [];
    group.push({ rule, quantity, value });
    signals.set(to, group);
  }
  if (!matched) return undefined;
  return {
    signals: [...signals].map(([to, values]) => assemble(to, values)),
    errors,
    timestamp: eventTime(object?.['timestamp']),
  };
};

const assemble = (
  topic: string,
  values: readonly { rule: Rule; quantity: string; value: Scalar }[],
): WireSignal => {
  // Of two spellings of one quantity the one with a value counts.
  const known = new Map<string, { rule: Rule; value: Scalar }>();
  for (const { rule, quantity, value } of values)
    if (value !== null || !known.has(quantity)) known.set(quantity, { rule, value });
  const alone = known.get('');
  if (alone) {
    const { rule, value } = alone;
    const unit = rule.unit === '' ? undefined : rule.unit;
    return { topic, payload: value, quality: qualityOf(value), unit, units: undefined, qualities: undefined };
  }
  const payload: Record<string, Scalar> = {};
  const units: Record<string, string> = {};
  const qualities: Record<string, Quality> = {};
  for (const [quantity, { rule, value }] of known) {
    payload[quantity] = value;
    qualities[quantity] = qualityOf(value);
    if (rule.unit !== '') units[quantity] = rule.unit;
  }
  return { topic, payload, quality: worst(...Object.values(qualities)), unit: undefined, units, qualities };
};

const qualityOf = (value: Scalar): Quality => (value === null ? 'bad' : 'good');
