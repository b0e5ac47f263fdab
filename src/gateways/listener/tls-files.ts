import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureVersion, type TlsOptions, type Server as TlsServer } from 'node:tls';
import type { GatewayLogger } from '../soupbin/logger.ts';

/** How often listeners look at their files of TLS. */
export const TLS_FILES_PERIOD_MS = 10_000;

/** How listeners speak TLS: paths of PEM files. */
export interface TlsSettings {
  /** The certificate, followed by those between it and its root. */
  readonly certificate: string;
  readonly key: string;
  /** Who signs clients' certificates: then a client must have one. */
  readonly clientCa: string | undefined;
  readonly minimumVersion: SecureVersion;
}

/** The files of TLS do not fit together, or cannot be read. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
  readonly code = 'TLS_FILES';
}

/** What a node needs to speak TLS, read again when the files have changed. */
export class TlsFiles {
  declare private readonly settings: TlsSettings;
  /** For `tls.createServer`, `https.createServer` and `setSecureContext`. */
  declare options: TlsOptions;
  declare private stamp: string;

  /** @throws TlsFilesError */
  constructor(settings: TlsSettings) {
    this.settings = settings;
    this.stamp = '';
    this.options = {};
    this.reload();
  }

  /**
   * Reads the files if any of them has changed.
   * @returns whether the options are others
   * @throws TlsFilesError: the options stay as they were, and the next call tries again
   */
  reload(): boolean {
    const { certificate, key, clientCa, minimumVersion } = this.settings;
    try {
      const stamp = [certificate, key, clientCa].map(stampOf).join();
      if (stamp === this.stamp) return false;
      const options: TlsOptions = {
        cert: readFileSync(certificate),
        key: readFileSync(key),
        minVersion: minimumVersion,
        ...(clientCa === undefined
          ? {}
          : { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
      };
      createSecureContext(options);
      this.options = options;
      this.stamp = stamp;
      return true;
    } catch (error) {
      throw new TlsFilesError(
        `TLS cannot use ${certificate} with ${key}: ${(error as Error).message}. Correct the tls section or the files`,
        { cause: error },
      );
    }
  }
}

/** Has a server use the files as they are now, for connections from now on. @param door names it in the log */
export function reloadTls(tls: TlsFiles, server: TlsServer, door: string, logger: GatewayLogger): void {
  try {
    if (!tls.reload()) return;
    server.setSecureContext(tls.options);
    logger.info({ door }, 'TLS files changed: new connections use them');
  } catch (error) {
    logger.warn({ door, error }, `TLS goes on with the old files: ${(error as Error).message}`);
  }
}

/** Changes with the file, also where a link was turned to another one. */
function stampOf(path: string | undefined): string {
  if (path === undefined) return '';
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
}
