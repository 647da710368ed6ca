/** The list a JSON text stands for, or undefined where it stands for none; a field that was never saved is empty. */
export const listOf = (raw: unknown): readonly unknown[] | undefined => {
  if (raw === undefined) return [];
  if (typeof raw !== 'string') return undefined;
  try {
    const list: unknown = JSON.parse(raw);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined; // the caller names the field and the text
  }
};
