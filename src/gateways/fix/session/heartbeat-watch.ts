/** What silence asks for. */
export const HeartbeatAction = { None: 0, SendHeartbeat: 1, SendTestRequest: 2, GiveUp: 3 } as const;
export type HeartbeatAction = (typeof HeartbeatAction)[keyof typeof HeartbeatAction];

/** Silence of the counterparty, in heartbeat intervals, before it is asked and before it is given up. */
const TEST_REQUEST_AFTER = 1.2;
const GIVE_UP_AFTER = 2.4;

/** Watches the silence on both sides of a session. Times in ms since the Unix epoch. */
export class HeartbeatWatch {
  declare intervalMs: number;
  declare lastReceivedMs: number;
  declare private testRequested: boolean;

  constructor(nowMs: number) {
    this.intervalMs = 0;
    this.lastReceivedMs = nowMs;
    this.testRequested = false;
  }

  /** The counterparty was heard. */
  received(nowMs: number): void {
    this.lastReceivedMs = nowMs;
    this.testRequested = false;
  }

  /** What is due; a Test Request is due once, and while its answer is waited for no Heartbeat is. */
  due(nowMs: number, lastSentMs: number): HeartbeatAction {
    const silentMs = nowMs - this.lastReceivedMs;
    if (silentMs >= GIVE_UP_AFTER * this.intervalMs) return HeartbeatAction.GiveUp;
    if (this.testRequested) return HeartbeatAction.None;
    if (silentMs >= TEST_REQUEST_AFTER * this.intervalMs) {
      this.testRequested = true;
      return HeartbeatAction.SendTestRequest;
    }
    return nowMs - lastSentMs >= this.intervalMs ? HeartbeatAction.SendHeartbeat : HeartbeatAction.None;
  }
}
