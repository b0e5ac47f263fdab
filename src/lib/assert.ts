/** A failed assertion: a bug in this code or in its caller. The process must not go on from it. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Stops on a broken condition. Always on.
 *
 * `message` starts with "Condition:" when the caller is at fault (a precondition) and with "Invariant:" when
 * this code is. It is a constant string so that a passing assertion builds nothing.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}

/**
 * What a broken condition ends in. `if (broken) fail(…)` is for functions that run for every order: it costs them the
 * comparison, `assert` also the look whether it still is the same function.
 * @throws AssertionError always
 */
export function fail(message: string): never {
  throw new AssertionError(message);
}
