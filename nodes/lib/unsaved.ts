/**
 * A store that may refuse for a while (disk full, locked, read-only) without its writers noticing: what cannot be
 * written is kept here, of each key the newest, until it can.
 */
export interface Unsaved<T> {
  /** Writes, or keeps where that fails; throws never. */
  put(key: string, value: T): void;
  /** what is kept for a key and not written yet */
  kept(key: string): { readonly value: T } | undefined;
  /** keys that wait */
  readonly size: number;
  /** why they wait; undefined where none does */
  readonly reason: string | undefined;
}

/** `write` throws where it cannot; `later` calls once after a while. */
export const createUnsaved = <T>(
  write: (key: string, value: T) => void,
  later: (retry: () => void) => void,
): Unsaved<T> => {
  const kept = new Map<string, { readonly value: T }>();
  let reason: string | undefined;
  const attempt = (key: string, value: T): boolean => {
    try {
      write(key, value);
      return true;
    } catch (cause) {
      reason = cause instanceof Error ? cause.message : String(cause);
      return false;
    }
  };
  const retry = (): void => {
    for (const [key, { value }] of kept) {
      if (!attempt(key, value)) {
        later(retry);
        return;
      }
      kept.delete(key);
    }
    reason = undefined;
  };
  return {
    put(key, value) {
      // While others wait, this one does too: a store that refuses may take its time to do so.
      if (kept.size === 0) {
        if (attempt(key, value)) return;
        later(retry);
      }
      kept.set(key, { value });
    },
    kept: (key) => kept.get(key),
    get size() {
      return kept.size;
    },
    get reason() {
      return reason;
    },
  };
};
