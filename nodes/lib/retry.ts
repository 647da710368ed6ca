export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How long to wait after so many failures in a row: doubling from the first to the longest, ± 50 % by `chance` (0 to 1). */
export const backoffMs = ({ firstMs, maxMs }: Backoff, failures: number, chance: number): number =>
  Math.min(firstMs * 2 ** Math.max(failures - 1, 0), maxMs) * (0.5 + chance);

/** The end of sentences like `... cannot be reached: <why>`. */
export const words = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Codes of errors that say nothing about the samples: the system's (ECONNREFUSED), MySQL's by name, SQLSTATE classes
 * 08 connection, 28 login, 3D no such database, 40 serialisation, 53 resources, 55 object in use, 57 shut down, 58 system error.
 */
const AWAY =
  /^(E[A-Z]{3,}|(08|28|3D|40|53|55|57|58)[0-9A-Z]{3}|PROTOCOL_\w+|ER_(ACCESS_|BAD_DB_|DBACCESS_|DISK_|RECORD_FILE_|LOCK_|CON_|OUT_OF|SERVER_).*)$/;
/** The same in words, where a code got lost on the way: SQLite's from its thread, and what drivers say themselves. */
const AWAY_WORDS =
  /database( table)? is locked|disk I\/O error|disk is full|unable to open|time-?d?[ -]?out|terminated|thread has ended|is closed|ECONN/i;
const DEPTH = 5;

/** The database could not be opened: whatever the reason, it has refused nothing. */
export class NotOpen extends Error {
  readonly code = 'ENOTOPEN';
}

/** Whether an error, or what caused it, says that the database is away or busy, not that it refused the samples. */
export const isAway = (cause: unknown): boolean => {
  let error = cause;
  for (let depth = 0; depth < DEPTH && error instanceof Error; depth++, error = error.cause) {
    if (AWAY_WORDS.test(error.message)) return true;
    const code: unknown = Reflect.get(error, 'code');
    if (typeof code === 'string' && code !== 'ERR_SQLITE_ERROR' && AWAY.test(code)) return true;
    // SQLite: busy, locked, out of memory, read-only, interrupted, I/O error, corrupt, full, cannot open, protocol
    const errcode: unknown = Reflect.get(error, 'errcode');
    if (typeof errcode === 'number' && [5, 6, 7, 8, 9, 10, 11, 13, 14, 15].includes(errcode & 0xff))
      return true;
  }
  return false;
};
