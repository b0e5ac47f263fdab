import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** When a certificate ends, in seconds since the Unix epoch. @param file PEM, the server's own first @throws Error when it is none */
export function certificateExpiry(file: string): number {
  return new X509Certificate(readFileSync(file)).validToDate.getTime() / 1e3;
}
