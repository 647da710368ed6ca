/** What a decision settles on, or a rejection where it takes too long. */
export const inTime = async <T>(
  decision: Promise<T>,
  timeoutMs: number,
  failure = 'no decision',
): Promise<T> => {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${failure} within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([decision, timeout]);
  } finally {
    clearTimeout(timer);
  }
};
