import { Limits } from '#domain/limits.ts';

/** Reports of one question and its answer: the slots of as many fit a server's message. */
export const REPORTS_PER_ANSWER = 512;

/** Asks a node for reports of a user: `count` from number `from` on, of the log that is named. */
export interface ReportRequest {
  readonly logId: string;
  readonly userId: number;
  readonly from: number;
  readonly count: number;
}

/** The subject at which a node is asked for reports. */
export function reportSubject(stream: string, nodeId: number): string {
  return `${stream}.reports.${nodeId}`;
}

/** A question from the network; undefined: it is none. */
export function readReportRequest(text: string): ReportRequest | undefined {
  let request: Partial<ReportRequest>;
  try {
    request = JSON.parse(text) as Partial<ReportRequest>;
  } catch {
    return undefined;
  }
  const { logId, userId, from, count } = request ?? {};
  const isRight =
    typeof logId === 'string' &&
    isInteger(userId, Limits.ID_MAX) &&
    isInteger(from, Number.MAX_SAFE_INTEGER) &&
    isInteger(count, REPORTS_PER_ANSWER);
  return isRight ? (request as ReportRequest) : undefined;
}

function isInteger(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}
