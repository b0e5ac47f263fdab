import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';

/** Options of commands that connect to a port that may speak TLS. */
export interface TlsOptions {
  readonly tlsCa?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
}

export function withTls(command: Command): Command {
  return command
    .option('--tls-ca <file>', "the port speaks TLS: PEM file of who signed the venue's certificate")
    .option('--tls-certificate <file>', 'PEM file of your certificate, where the venue asks for one')
    .option('--tls-key <file>', 'PEM file of its key');
}

/** How to connect; undefined: without TLS. @throws CliError, the error of node:fs */
export function tlsOf({ tlsCa, tlsCertificate, tlsKey }: TlsOptions): ConnectionOptions | undefined {
  if ((tlsCertificate === undefined) !== (tlsKey === undefined)) {
    throw new CliError(ExitCode.Usage, '--tls-certificate and --tls-key go together');
  }
  if (tlsCa === undefined) {
    if (tlsKey === undefined) return undefined;
    throw new CliError(ExitCode.Usage, '--tls-certificate goes with --tls-ca');
  }
  const own =
    tlsCertificate === undefined || tlsKey === undefined
      ? {}
      : { cert: readFileSync(tlsCertificate), key: readFileSync(tlsKey) };
  return { ca: readFileSync(tlsCa), ...own };
}
