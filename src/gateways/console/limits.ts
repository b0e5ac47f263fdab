/** Every bound of the files of the web console. */
export const ConsoleLimits = {
  /** Files of a build, without their compressed forms. */
  FILES_MAX: 512,
  /** Bytes of all forms together: they are kept in memory. */
  BYTES_MAX: 32 * 1024 * 1024,
} as const;
