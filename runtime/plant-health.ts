import type { HealthBoard, Report } from '../nodes/lib/health.ts';

/** What `GET /healthz` answers. */
export interface Health {
  readonly status: 'ok' | 'trouble';
  /** one line each, with the part in front; words only, since nobody has to sign in to read them */
  readonly troubles: readonly string[];
}

export const healthOf = (reports: ReturnType<HealthBoard['read']>): Health => {
  const troubles = Object.entries(reports).flatMap(([part, report]) =>
    report.troubles.map((trouble) => `${part}: ${trouble}`),
  );
  return { status: troubles.length === 0 ? 'ok' : 'trouble', troubles };
};

export interface FlowFacts {
  readonly state: 'starting' | 'running' | 'stopped';
  /** why they do not start */
  readonly obstacle?: string | undefined;
  /** that run, without config nodes and comments */
  readonly nodes: number;
}

/** A runtime without flows is up, but it controls nothing. */
export const flowsReport = ({ state, obstacle, nodes }: FlowFacts): Report => {
  const troubles =
    obstacle !== undefined
      ? [obstacle]
      : state !== 'running'
        ? [state === 'starting' ? 'they are starting' : 'they are stopped']
        : nodes === 0
          ? ['no node runs']
          : [];
  return { troubles, facts: { state, nodes } };
};

/** A connection of the flows to an MQTT broker. */
export interface Link {
  readonly id: string;
  readonly connected: boolean;
}
/** A link that goes down comes back by itself most of the time. */
const PATIENCE_MS = 60_000;

/** Keeps in mind since when each link has been down; times are monotonic ms. */
export const createLinkWatch = (): {
  see(links: readonly Link[], now: number): void;
  report(now: number): Report;
} => {
  let down = new Map<string, number>();
  let links: readonly Link[] = [];
  return {
    see(seen, now) {
      links = seen;
      const lost = links.filter(({ connected }) => !connected);
      down = new Map(lost.map(({ id }) => [id, down.get(id) ?? now]));
    },
    report(now) {
      const ages = [...down.values()].map((since) => now - since).filter((age) => age > PATIENCE_MS);
      const seconds = Math.floor(Math.max(...ages) / 1000);
      return {
        troubles:
          ages.length === 0
            ? []
            : [`${ages.length} of ${links.length} connections to the broker have been down for ${seconds} s`],
        facts: { connections: links.length, connected: links.length - down.size },
      };
    },
  };
};
