/** Words of a clientTag. */
const TAG_WORDS = 9;

/**
 * Copies a command's clientTag to the event that echoes it.
 * @param fromAt its first word; 0 when there is none, which is empty text
 */
export function copyTag(from: Int32Array, fromAt: number, to: Int32Array, toAt: number): void {
  for (let word = 0; word < TAG_WORDS; word++) to[toAt + word] = fromAt === 0 ? 0 : from[fromAt + word];
}
