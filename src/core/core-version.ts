/** Versions of the core's rules that this build can apply. */
export const CORE_VERSION_MIN = 1;
export const CORE_VERSION_MAX = 1;

/**
 * Version of a core that has applied nothing, for ever: a log's first entries must be replayed under the rules under
 * which they were written, and only SetCoreVersion in the log changes them.
 */
export const CORE_VERSION_INITIAL = 1;

/** An image was written under rules that this build does not have. */
export class CoreVersionError extends Error {
  override readonly name = 'CoreVersionError';
  readonly code = 'CORE_VERSION_UNSUPPORTED';

  constructor(version: number) {
    super(
      `needs core version ${version}, this build has ${CORE_VERSION_MIN} to ${CORE_VERSION_MAX}. ` +
        'Start a build that has it',
    );
  }
}

/** Whether this build can apply the rules of `version`. */
export function isSupportedVersion(version: number): boolean {
  return version >= CORE_VERSION_MIN && version <= CORE_VERSION_MAX;
}
