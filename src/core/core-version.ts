/**
 * Versions of the core's rules that this build can apply. The first stays 1 for as long as logs are replayed from entry 1:
 * who starts without a snapshot meets every version that the log ever had in force.
 */
export const CORE_VERSION_MIN = 1;
export const CORE_VERSION_MAX = 1;

/**
 * Version of a core that has applied nothing, for ever: a log's first entries must be replayed under the rules under
 * which they were written, and only SetCoreVersion in the log changes them.
 */
export const CORE_VERSION_INITIAL = 1;

/**
 * The log needs rules that this build does not have: an image stands on them, or an entry switches to them. What is stored
 * is in order, but the core that throws this is unusable: of the entry it has applied what came before the switch.
 */
export class CoreVersionError extends Error {
  override readonly name = 'CoreVersionError';
  readonly code = 'CORE_VERSION_UNSUPPORTED';

  /** @param sequence the entry that switches to the version; undefined: an image stands on it */
  constructor(version: number, sequence?: number) {
    const needs = sequence === undefined ? 'needs' : `entry ${sequence} switches to`;
    super(
      `${needs} core version ${version}, this build has ${CORE_VERSION_MIN} to ${CORE_VERSION_MAX}. ` +
        'Start a build that has it',
    );
  }
}

/** Whether this build can apply the rules of `version`. */
export function isSupportedVersion(version: number): boolean {
  return version >= CORE_VERSION_MIN && version <= CORE_VERSION_MAX;
}
