import { MAX_BYTES, openOutbox, type Outbox, type OutboxOptions } from './outbox.ts';
import { words } from '../lib/retry.ts';

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
  maxBytes: atFirst = MAX_BYTES,
  ...options
}: OutboxOptions & { after?: Promise<unknown> | undefined }): LaterOutbox => {
  let maxBytes = atFirst;
  let outbox: Outbox | undefined;
  let trouble: string | undefined;
  let opening: Promise<Outbox> | undefined;
  const open = (): Promise<Outbox> => {
    const begin = async (): Promise<Outbox> => {
      await after;
      const opened = await openOutbox({ ...options, maxBytes });
      opened.limit(maxBytes); // it may have been changed meanwhile
      return opened;
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
  return {
    opened: open().then(
      () => {},
      () => options.report?.(trouble ?? ''),
    ),
    trouble: () => trouble,
    append: async (samples) => (await open()).append(samples),
    take: async (limit) => outbox?.take(limit),
    limit(bytes) {
      maxBytes = bytes;
      outbox?.limit(bytes);
    },
    facts: () => outbox?.facts() ?? { rows: 0, bytes: 0, maxBytes, dropped: 0 },
    close: async () => outbox?.close(),
  };
};
