/**
 * When a disk is filling and when it is full, with hysteresis, so that a level does not flutter at its threshold. The
 * used share is the one `df` shows: of what this user may use.
 */
export interface Space {
  readonly totalBytes: number;
  /** what this user may still write */
  readonly freeBytes: number;
}
/** `filling`: old history is given up; `full`: the plant is degraded. */
export type DiskLevel = 'roomy' | 'filling' | 'full';

const thresholds = {
  filling: { reached: 85, left: 80 },
  full: { reached: 95, left: 93 },
} as const;

/** 0 to 100; a disk that tells no size counts as empty. */
export const usedPercent = ({ totalBytes, freeBytes }: Space): number =>
  totalBytes > 0 ? (100 * (totalBytes - freeBytes)) / totalBytes : 0;

/** The level now, after the one before. */
export const levelOf = (before: DiskLevel, space: Space): DiskLevel => {
  const used = usedPercent(space);
  const holds = (level: 'filling' | 'full', was: boolean): boolean =>
    used >= thresholds[level][was ? 'left' : 'reached'];
  if (holds('full', before === 'full')) return 'full';
  return holds('filling', before !== 'roomy') ? 'filling' : 'roomy';
};

/** How many bytes have to go until a disk that is filling is roomy again. */
export const excessBytes = ({ totalBytes, freeBytes }: Space): number =>
  Math.max(0, Math.ceil(totalBytes * (1 - thresholds.filling.left / 100) - freeBytes));

export interface BallastRules {
  readonly bytes: number;
  /** on a smaller disk there is none */
  readonly minTotalBytes: number;
}
const MB = 1_000_000;
export const ballastRules: BallastRules = { bytes: 16 * MB, minTotalBytes: 200 * MB };

/** Below this, a database finds no room to delete anything either. */
const NO_ROOM_BYTES = 4 * MB;

/**
 * What to do about the ballast, a file that is there only to be given up: `drop` it when nothing can be written any
 * more, `lay` it again once there is plenty of room.
 */
export const ballastStep = (
  { bytes, minTotalBytes }: BallastRules,
  there: boolean,
  space: Space,
): 'drop' | 'lay' | undefined => {
  if (there) return space.freeBytes < Math.min(NO_ROOM_BYTES, bytes) ? 'drop' : undefined;
  const roomy = levelOf('filling', { ...space, freeBytes: Math.max(0, space.freeBytes - bytes) }) === 'roomy';
  return roomy && space.totalBytes >= minTotalBytes ? 'lay' : undefined;
};
