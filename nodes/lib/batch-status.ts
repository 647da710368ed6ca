/** What a batch is to its owner. `Ready to Start`, `In Progress`, `Ready for Pickup` and `Finished` are the original's. */
export const statuses = [
  'Ready to Start',
  'In Progress',
  'On Hold',
  'Ready for Pickup',
  'Finished',
  'Cancelled',
  'Failed',
] as const;
export type BatchStatus = (typeof statuses)[number];
