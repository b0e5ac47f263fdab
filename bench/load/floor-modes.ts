/**
 * How the floor makes orders durable:
 * - `echo`: not at all
 * - `dsync`: one preallocated write to a file opened with O_DSYNC, as the embedded log does
 * - `fdatasync`: one preallocated write, then fdatasync
 */
export const FLOOR_MODES = ['echo', 'dsync', 'fdatasync'] as const;
export type FloorMode = (typeof FLOOR_MODES)[number];

export interface FloorServerConfig {
  readonly mode: FloorMode;
  /** File for the writes; it is replaced, and removed at the end. */
  readonly file: string;
}
