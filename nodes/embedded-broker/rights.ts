/**
 * Topic rights: a right allows reading, writing or both below a topic filter, and what no right allows is denied.
 * Topics and filters are those of MQTT 3.1.1, section 4.7. Reading is decided by containment: a subscription is
 * allowed only where one right covers every topic it can ever match.
 */
export type Action = 'read' | 'write';

/** A right as people write it. */
export interface Right {
  readonly allow: Action | 'readwrite';
  readonly filter: string;
}

type Levels = readonly string[];

/** Rights as `may` uses them. */
export interface Rights {
  readonly read: readonly Levels[];
  readonly write: readonly Levels[];
}

/** The levels of a topic or filter, or undefined where the text is neither. */
const levelsOf = (text: string): Levels | undefined => {
  if (text === '' || text.includes('\0')) return undefined;
  const levels = text.split('/');
  const last = levels.length - 1;
  const wellFormed = levels.every(
    (level, i) => level === '+' || (level === '#' && i === last) || !/[+#]/.test(level),
  );
  if (!wellFormed) return undefined;
  // A topic has at least one level, so both match the same topics; this way one rule serves both.
  return text === '#' ? ['+', '#'] : levels;
};

/** Whether `wide` matches every topic that `narrow` matches. A wildcard in front matches no topic with `$` in front. */
const contains = (wide: Levels, narrow: Levels): boolean => {
  for (let i = 0; ; i++) {
    const outer = wide[i];
    const inner = narrow[i];
    if (outer === '#') return true;
    if (outer === undefined || inner === undefined) return outer === inner;
    if (inner === '#') return false;
    if (outer === '+' ? i === 0 && inner.startsWith('$') : outer !== inner) return false;
  }
};

/** Whether a filter covers a topic or another filter. */
export const covers = (filter: string, topicOrFilter: string): boolean => {
  const wide = levelsOf(filter);
  const narrow = levelsOf(topicOrFilter);
  return wide !== undefined && narrow !== undefined && contains(wide, narrow);
};

/** Reads rights once; throws an error that names a filter that is none. */
export const rightsOf = (rights: readonly Right[]): Rights => {
  const read: Levels[] = [];
  const write: Levels[] = [];
  for (const { allow, filter } of rights) {
    const levels = levelsOf(filter);
    if (!levels) throw new Error(`filter: must be a topic filter, got ${JSON.stringify(filter)}`);
    if (allow !== 'write') read.push(levels);
    if (allow !== 'read') write.push(levels);
  }
  return { read, write };
};

/**
 * Whether a user may read a topic or filter, or write a topic. Nobody writes a topic that begins with `$`: those
 * belong to the broker.
 */
export const may = (user: { readonly rights: Rights }, action: Action, topicOrFilter: string): boolean => {
  if (action === 'write' && (topicOrFilter.startsWith('$') || /[+#]/.test(topicOrFilter))) return false;
  const asked = levelsOf(topicOrFilter);
  return asked !== undefined && user.rights[action].some((allowed) => contains(allowed, asked));
};
