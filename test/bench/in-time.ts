const LIMIT_MS = 60_000;

/** What `work` gives, or an error that names it where it does not end: a lost message must not hang the benchmark. */
export const inTime = async <T>(work: Promise<T>, what: string): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: not all messages have arrived`)), LIMIT_MS);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
