/** One guard in an exclusion group. */
export interface Member {
  /** stays the same over a redeploy */
  readonly id: string;
  /** Another member has let go. */
  readonly released: () => void;
}

/**
 * Guards of which at most one is on. The one that is on keeps its place; one that wants to go on waits until it has
 * let go, and then for its own gap (break before make). A place is kept while its guard is redeployed, since nobody
 * has told the actuator to go off yet.
 */
export interface Group {
  join(member: Member): void;
  /** `removed`: for good, so the place is free. */
  leave(member: Member, removed: boolean): void;
  isTakenFrom(id: string): boolean;
  take(id: string): void;
  release(id: string): void;
  /** After a deploy: a holder that has not joined again has gone to another group or is disabled. */
  settle(): void;
}

export const createGroup = (): Group => {
  const members = new Set<Member>();
  let holder: string | undefined;
  const release = (id: string): void => {
    if (holder !== id) return;
    holder = undefined;
    for (const member of members) if (member.id !== id) member.released();
  };
  return {
    join: (member) => members.add(member),
    leave(member, removed) {
      members.delete(member);
      if (removed) release(member.id);
    },
    isTakenFrom: (id) => holder !== undefined && holder !== id,
    take(id) {
      holder = id;
    },
    release,
    settle() {
      if (holder !== undefined && ![...members].some(({ id }) => id === holder)) release(holder);
    },
  };
};

const runtimes = new WeakMap<object, Map<string, Group>>();

/** The group of this name in one runtime (any object that stands for it); blank: none. */
export const groupOf = (runtime: object, name: string): Group | undefined => {
  if (name === '') return undefined;
  const groups = runtimes.get(runtime) ?? new Map<string, Group>();
  runtimes.set(runtime, groups);
  const group = groups.get(name) ?? createGroup();
  groups.set(name, group);
  return group;
};
