/** Words of a clientTag. */
export const TAG_WORDS = 9;

/**
 * Copies the nine words of a command's clientTag to the event that echoes it. Most are empty, which the first word
 * tells: then the others are not read.
 * @param fromAt its first word; 0 when there is none, which is empty text
 */
export function copyTag(from: Int32Array, fromAt: number, to: Int32Array, toAt: number): void {
  const first = fromAt === 0 ? 0 : from[fromAt];
  to[toAt] = first;
  if (first === 0) {
    to[toAt + 1] = 0;
    to[toAt + 2] = 0;
    to[toAt + 3] = 0;
    to[toAt + 4] = 0;
    to[toAt + 5] = 0;
    to[toAt + 6] = 0;
    to[toAt + 7] = 0;
    to[toAt + 8] = 0;
    return;
  }
  to[toAt + 1] = from[fromAt + 1];
  to[toAt + 2] = from[fromAt + 2];
  to[toAt + 3] = from[fromAt + 3];
  to[toAt + 4] = from[fromAt + 4];
  to[toAt + 5] = from[fromAt + 5];
  to[toAt + 6] = from[fromAt + 6];
  to[toAt + 7] = from[fromAt + 7];
  to[toAt + 8] = from[fromAt + 8];
}
