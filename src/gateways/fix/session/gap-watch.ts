/** Remembers a gap in the counterparty's numbers and when it was asked to fill it, so that it is not asked for each message. */
export class GapWatch {
  declare private readonly timeoutMs: number;
  declare private readonly requestsMax: number;
  /** The number whose early coming showed the gap; -1: there is none. */
  declare private seenNumber: number;
  declare private askedMs: number;
  declare private requests: number;

  constructor(timeoutMs: number, requestsMax: number) {
    this.timeoutMs = timeoutMs;
    this.requestsMax = requestsMax;
    this.seenNumber = -1;
    this.askedMs = 0;
    this.requests = 0;
  }

  /** Whether a message before its turn, while `expected` is missing, is a reason to ask. */
  shouldAsk(expected: number): boolean {
    return this.seenNumber < expected;
  }

  /** The counterparty was asked, or will fill the gap unasked. */
  opened(seenNumber: number, nowMs: number): void {
    this.seenNumber = seenNumber;
    this.askedMs = nowMs;
    this.requests = 1;
  }

  /** Everything below `number` has come. */
  filledBelow(number: number): void {
    if (number >= this.seenNumber) this.close();
  }

  close(): void {
    this.seenNumber = -1;
    this.requests = 0;
  }

  /** Whether the gap is still there after the time that its filling may take. */
  isLate(nowMs: number): boolean {
    return this.seenNumber >= 0 && nowMs - this.askedMs > this.timeoutMs;
  }

  get isExhausted(): boolean {
    return this.requests >= this.requestsMax;
  }

  askedAgain(nowMs: number): void {
    this.askedMs = nowMs;
    this.requests++;
  }
}
