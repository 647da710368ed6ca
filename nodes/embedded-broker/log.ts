export interface Log {
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
}

const LOG_LINES = 20;
const LOG_PERIOD_MS = 10_000;

/** A log that a client in a loop cannot fill: some lines in a period, then how many were left out. */
export const calm = (log: Log): Log => {
  let since = performance.now();
  let lines = 0;
  const pass = (write: (text: string) => void, text: string): void => {
    if (performance.now() - since > LOG_PERIOD_MS) {
      if (lines > LOG_LINES) log.warn(`embedded broker: ${lines - LOG_LINES} lines were left out`);
      since = performance.now();
      lines = 0;
    }
    if (++lines <= LOG_LINES) write(`embedded broker: ${text}`);
  };
  return {
    info: (text) => pass((line) => log.info(line), text),
    warn: (text) => pass((line) => log.warn(line), text),
  };
};
