let newest = process.memoryUsage.rss();

/** Resident memory of the process. The kernel tells it by a file: while none can be opened it is what it was last. */
export function residentBytes(): number {
  try {
    newest = process.memoryUsage.rss();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
  return newest;
}
