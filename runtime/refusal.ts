/** sysexits' EX_CONFIG: starting again does not help, so a supervisor should not try. */
export const EXIT_CONFIG = 78;

/** Something the person who starts the plant has to put right: shown as one line, never as a stack. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode: number;
  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Runs a program: a refusal becomes its one line and its exit code, anything else stays the fault it is. */
export const program = async (run: () => void | Promise<void>): Promise<void> => {
  try {
    await run();
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    console.error(`Pilot Plant: ${cause.message}`);
    process.exit(cause.exitCode);
  }
};
