import type { FixApplicationSession } from '../session/application.ts';
import type { AnswerPace } from './answer-pace.ts';

/** Sends the next piece of a long answer; true: that was the last one. */
export type SendPiece = () => boolean;

/** Long answers that one session may have on their way. */
const JOBS_MAX = 8;

interface Job {
  readonly sendPiece: SendPiece;
  readonly weight: number;
}

/**
 * Long answers of one session, sent piece by piece as fast as its counterparty reads, and no faster than others have their turns:
 * nobody's request fills the memory or holds up the thread.
 */
export class OutgoingJobs {
  declare private readonly session: FixApplicationSession;
  declare private readonly pace: AnswerPace;
  declare private readonly jobs: Job[];

  constructor(session: FixApplicationSession, pace: AnswerPace) {
    this.session = session;
    this.pace = pace;
    this.jobs = [];
  }

  /** Whether no further one is taken now. */
  get isFull(): boolean {
    return this.jobs.length >= JOBS_MAX;
  }

  /** Begins an answer, behind those before it. @param weight of one piece, for the pace */
  add(sendPiece: SendPiece, weight: number = 1): void {
    this.jobs.push({ sendPiece, weight });
    if (this.jobs.length === 1) this.run();
  }

  /** Goes on: called when the counterparty has read what was sent, and in the turn after one that was spent. */
  run(): void {
    while (this.jobs.length > 0) {
      if (!this.session.loggedOn || this.pace.isSpent) return;
      if (this.session.isFull) {
        this.session.wantDrain();
        return;
      }
      const [{ sendPiece, weight }] = this.jobs;
      this.pace.spend(weight);
      if (sendPiece()) this.jobs.shift();
    }
  }
}
