let lastNo = 0;

/** A name that nothing else has, of at most 36 characters: what is sent again under it counts once. */
export function freshName(prefix: string): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `${prefix}-${Date.now().toString(36)}-${[...random, ++lastNo].map((part) => part.toString(36)).join('-')}`;
}
