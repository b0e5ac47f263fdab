/** Groups of an IPv6 address that name a network; a host has all of the rest to itself. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * What limits go by: an IPv4 address (also one mapped to IPv6), or the /64 network of an IPv6 address, because its
 * holder can use every address in it. undefined, of a socket that is gone, counts as one address.
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return '';
  if (!address.includes(':')) return address;
  const [bare] = address.toLowerCase().split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (mapped !== null) return mapped[1];
  const [head, tail] = bare.split('::', 2).map((part) => (part === '' ? [] : part.split(':')));
  const groups = [...head];
  if (tail !== undefined) {
    // A dotted IPv4 tail stands for two groups.
    const written = tail.length + (tail.at(-1)?.includes('.') ? 1 : 0);
    while (groups.length < GROUPS - written) groups.push('0');
    groups.push(...tail);
  }
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
