import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = 2;

/** A certificate and its key: paths of PEM files. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** An authority made by openssl for a test, in a directory of its own. */
export class TestAuthority {
  readonly directory = temporaryDirectory('tls');
  readonly certificate = join(this.directory, 'ca.pem');
  readonly #key = join(this.directory, 'ca.key');

  constructor() {
    const files = ['-keyout', this.#key, '-out', this.certificate];
    this.#openssl('req', '-x509', ...NEW_KEY, ...files, '-subj', '/CN=test authority', '-days', String(DAYS));
  }

  /** A certificate for 127.0.0.1. @param days how long it is good from now on */
  issue(name: string, days = DAYS): TestCertificate {
    const [certificate, key, request] = ['pem', 'key', 'csr'].map((end) =>
      join(this.directory, `${name}.${end}`),
    );
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    this.#openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, ...subject);
    const signer = ['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial'];
    this.#openssl(
      'x509',
      '-req',
      '-in',
      request,
      ...signer,
      '-out',
      certificate,
      '-days',
      String(days),
      '-copy_extensions',
      'copy',
    );
    return { certificate, key };
  }

  #openssl(...parameters: string[]): void {
    execFileSync('openssl', parameters, { stdio: 'pipe' });
  }
}

/** Whether openssl is there to make certificates; otherwise the reason to skip. */
export function whyNoCertificates(): string | false {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' });
    return false;
  } catch {
    return 'openssl is not installed';
  }
}
