/** How one part of the plant is. */
export interface Report {
  /** what is wrong, in a few words each; none when all is well */
  readonly troubles: readonly string[];
  /** what people look at on the system page */
  readonly facts: Readonly<Record<string, number | string | boolean | null>>;
}

/** Where the parts of a plant tell how they are. */
export interface HealthBoard {
  /** `part` as in `broker`, `database`, `alarms`; the function that is returned takes it away again. */
  add(part: string, read: () => Report): () => void;
  read(): Readonly<Record<string, Report>>;
}

const unreadable = (cause: unknown): Report => ({
  troubles: [`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`],
  facts: {},
});

/** A part that throws is in trouble itself; several of one name are told as `name`, `name 2` and so on. */
export const createHealthBoard = (): HealthBoard => {
  const parts = new Map<symbol, { readonly part: string; readonly read: () => Report }>();
  return {
    add(part, read) {
      const key = Symbol(part);
      parts.set(key, { part, read });
      return () => void parts.delete(key);
    },
    read() {
      const reports: Record<string, Report> = {};
      for (const { part, read } of parts.values()) {
        let name = part;
        for (let number = 2; Object.hasOwn(reports, name); number++) name = `${part} ${number}`;
        try {
          reports[name] = read();
        } catch (cause) {
          reports[name] = unreadable(cause);
        }
      }
      return reports;
    },
  };
};
