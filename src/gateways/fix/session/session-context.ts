import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import type { WriteLine } from '#lib/line-budget.ts';
import type { FixLimits } from '../limits.ts';
import type { FixApplication } from './application.ts';

/** What sessions share: one thread handles one message at a time. */
export interface SessionContext {
  readonly limits: FixLimits;
  readonly application: FixApplication;
  /** Says what went wrong with a session. */
  readonly failure: WriteLine;
  readonly message: FixMessage;
  readonly writer: FixWriter;
  nowMs(): number;
  /** The store of a session is closed when the promise resolves. */
  closing(closed: Promise<void>): void;
}
