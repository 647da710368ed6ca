/** An address as it may be shown and logged: without what may be a user and a password, all before the last `@`. */
export const withoutPassword = (text: string): string =>
  text.replace(/^([a-z][a-z\d+.-]*:\/\/)?[^]*@/i, '$1…@');

/** A part of an address with its `%40` as `@`; undefined where a `%` stands alone. */
export const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};
