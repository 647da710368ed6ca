import { statfs } from 'node:fs/promises';
import type { Space } from './disk.ts';

/** The space of the disk a folder is on, as `df` tells it: of what this user may use. */
export const spaceOf = async (folder: string): Promise<Space> => {
  const { bsize, blocks, bfree, bavail } = await statfs(folder);
  return { totalBytes: bsize * (blocks - bfree + bavail), freeBytes: bsize * bavail };
};
