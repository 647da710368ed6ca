import { MAX_BYTES, openOutbox, type Outbox, type OutboxOptions } from './outbox.ts';
import { words } from './retry.ts';

/** An outbox that is still being opened, which takes a while where it is large, or cannot be. */
export interface LaterOutbox extends Outbox {
  /** Resolves when it is open, or cannot be opened for now. */
  readonly opened: Promise<void>;
  /** why it cannot be opened */
  trouble(): string | undefined;
}

/** `after`: who had the folder before has left it then. What is appended waits for the opening; after one that failed it tries again. */
export const openLater = ({
  after,
  ...options
}: OutboxOptions & { after?: Promise<unknown> | undefined }): LaterOutbox => {
  let outbox: Outbox | undefined;
  let trouble: string | undefined;
  let opening: Promise<Outbox> | undefined;
  const open = (): Promise<Outbox> => {
    const begin = async (): Promise<Outbox> => {
      await after;
      return openOutbox(options);
    };
    opening ??= begin().then(
      (opened) => {
        trouble = undefined;
        return (outbox = opened);
      },
      (cause: unknown) => {
        opening = undefined;
        trouble = `outbox: ${options.folder} cannot be opened: ${words(cause)}`;
        throw new Error(trouble, { cause });
      },
    );
    return opening;
  };
  const nothing = { rows: 0, bytes: 0, maxBytes: options.maxBytes ?? MAX_BYTES, dropped: 0 };
  return {
    opened: open().then(
      () => {},
      () => options.report?.(trouble ?? ''),
    ),
    trouble: () => trouble,
    append: async (samples) => (await open()).append(samples),
    take: async (limit) => outbox?.take(limit),
    facts: () => outbox?.facts() ?? nothing,
    close: async () => outbox?.close(),
  };
};
