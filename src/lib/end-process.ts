/**
 * Ends the process at once with `status`, whatever its threads do. process.exit waits for V8's threads first, and one of them that waits for the main
 * thread to collect garbage waits for ever (https://github.com/nodejs/node/issues/54918). Another program in this one's place has no such threads.
 * Where nothing is left to do, process.exitCode is as safe: V8 ends its threads itself before Node waits for them.
 */
export function endProcess(status: number): never {
  for (const stream of [process.stdout, process.stderr]) blockWrites(stream);
  try {
    process.execve?.(process.execPath, [process.execPath, '--eval', `process.exit(${status})`], {});
  } catch {
    // This Node was replaced meanwhile, or the system has no execve.
  }
  process.exit(status);
}

/** A pipe is shared with whoever else writes to it, and process.exit, which would give its mode back, is not reached. */
function blockWrites(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(isBlocking: boolean): void } };
  handle?.setBlocking?.(true);
}
