import type { FixApplicationSession } from '../session/application.ts';

/** Sends the next piece of a long answer; true: that was the last one. */
export type SendPiece = () => boolean;

/** Long answers that one session may have on their way. */
const JOBS_MAX = 8;

/**
 * Long answers of one session, sent piece by piece as fast as its counterparty reads: nobody's request fills the memory.
 */
export class OutgoingJobs {
  declare private readonly session: FixApplicationSession;
  declare private readonly jobs: SendPiece[];

  constructor(session: FixApplicationSession) {
    this.session = session;
    this.jobs = [];
  }

  /** Whether no further one is taken now. */
  get isFull(): boolean {
    return this.jobs.length >= JOBS_MAX;
  }

  /** Begins an answer, behind those before it. */
  add(sendPiece: SendPiece): void {
    this.jobs.push(sendPiece);
    if (this.jobs.length === 1) this.run();
  }

  /** Goes on: called when the counterparty has read what was sent. */
  run(): void {
    while (this.jobs.length > 0) {
      if (!this.session.loggedOn) return;
      if (this.session.isFull) {
        this.session.wantDrain();
        return;
      }
      if (this.jobs[0]()) this.jobs.shift();
    }
  }
}
