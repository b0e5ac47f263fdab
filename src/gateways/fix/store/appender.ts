import type { FixStream, StreamRecordKind } from './fix-stream.ts';

/** Looks after which what was said to be stored, and is not seen, is appended again. */
const LOOKS_PER_APPEND = 4;

/** Appends one record as often as it takes until somebody sees it in the stream: the same bytes each time. */
export class Appender {
  declare private readonly stream: FixStream;
  declare private readonly sessionId: string;
  declare private readonly kind: StreamRecordKind;
  declare private readonly bytes: Uint8Array;
  /** What the stream said the last time; undefined: that it is stored. */
  declare private refusal: Error | undefined;

  constructor(stream: FixStream, sessionId: string, kind: StreamRecordKind, bytes: Uint8Array) {
    this.stream = stream;
    this.sessionId = sessionId;
    this.kind = kind;
    this.bytes = bytes;
    this.refusal = undefined;
  }

  /** Before look `count`, from 0. */
  async append(count: number): Promise<void> {
    if (count % LOOKS_PER_APPEND !== 0 && this.refusal === undefined) return;
    try {
      await this.stream.append(this.sessionId, this.kind, this.bytes);
      this.refusal = undefined;
    } catch (error) {
      this.refusal = error as Error;
    }
  }

  /** For who did not find the record: why it may not be there. */
  refuse(): undefined {
    if (this.refusal !== undefined) throw this.refusal;
    return undefined;
  }
}
