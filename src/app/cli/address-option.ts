import { InvalidArgumentError } from 'commander';

/** Reads `host:port`, with the host of IPv6 in brackets. For commander. */
export function addressOption(text: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) {
    throw new InvalidArgumentError('It must be a host and a port, such as 127.0.0.1:26001.');
  }
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port: Number(match[2]) };
}
