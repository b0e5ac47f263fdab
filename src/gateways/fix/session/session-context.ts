import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import type { GatewayLogger } from '../../soupbin/logger.ts';
import type { FixLimits } from '../limits.ts';
import type { FixApplication } from './application.ts';

/** What sessions share: one thread handles one message at a time. */
export interface SessionContext {
  readonly limits: FixLimits;
  readonly application: FixApplication;
  readonly logger: GatewayLogger;
  readonly message: FixMessage;
  readonly writer: FixWriter;
  nowMs(): number;
  /** The store of a session is closed when the promise resolves. */
  closing(closed: Promise<void>): void;
}
