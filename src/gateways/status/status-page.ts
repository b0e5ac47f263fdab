import { type StatusJson, statusJson } from '#codec/json/status-json.ts';
import { IncidentState } from '#domain/commands.ts';
import { type ComponentStatus, UPTIME_DAYS } from '#domain/component-status.ts';
import { EventType } from '#domain/events.ts';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  ArchiveRefusedError,
  type IncidentRecord,
} from '#domain/history.ts';
import type { ArchiveQueries, FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** Uptime is read again after so long, though nothing has changed. */
const REFRESH_MS = 30_000;
/** What could not be read is asked for again after so long. */
const RETRY_MS = 1_000;
const DAY_SECONDS = 86_400;

export interface StatusPageOptions {
  readonly nodeId: number;
  readonly archive: ArchiveQueries;
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
}

/**
 * The public status document: made of what the order path says of the parts, of recorded uptime and of incidents. However many ask, it
 * is made once, and again when one of these has changed.
 */
export class StatusPage implements FollowingSink {
  declare private readonly options: StatusPageOptions;
  declare private components: readonly ComponentStatus[];
  /** The newest entry that has a word on an incident, as far as is known. */
  declare private incidentSequence: number;
  declare private document: Promise<StatusJson> | undefined;
  declare private newest: StatusJson | undefined;
  declare private staleMs: number;

  constructor(options: StatusPageOptions) {
    this.options = options;
    this.components = [];
    this.incidentSequence = 0;
    this.document = undefined;
    this.newest = undefined;
    this.staleMs = 0;
  }

  /** How the parts are now. */
  take(components: readonly ComponentStatus[]): void {
    if (isSame(components, this.components)) return;
    this.components = components;
    this.document = undefined;
  }

  onEvents({ i32, f64 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      if ((i32[at] & 255) !== EventType.IncidentPosted) continue;
      this.incidentSequence = f64[(at + 2) >> 1];
      this.document = undefined;
    }
  }

  /** A word on an incident may have been among the events that were lost. */
  onRestart(): void {
    this.document = undefined;
  }

  onImage(sequence: number): void {
    this.incidentSequence = sequence;
    this.document = undefined;
  }

  /** Whether it is known how the parts are: not for a moment after a start. */
  get isReady(): boolean {
    return this.components.length > 0;
  }

  /** The document as it is now: the same object while nothing but its time has changed. */
  read(): Promise<StatusJson> {
    if (this.document === undefined || performance.now() >= this.staleMs) {
      this.staleMs = performance.now() + REFRESH_MS;
      this.document = this.#make();
    }
    return this.document;
  }

  async #make(): Promise<StatusJson> {
    const { nodeId, wallMs } = this.options;
    const wallSeconds = Math.floor(wallMs() / 1_000);
    const [uptime, incidents] = await Promise.all([
      this.#ask({ type: 'uptime' }, 0),
      this.#ask({ type: 'incidents' }, this.incidentSequence),
    ]);
    if (uptime === undefined || incidents === undefined)
      this.staleMs = Math.min(this.staleMs, performance.now() + RETRY_MS);
    const oldest = wallSeconds - UPTIME_DAYS * DAY_SECONDS;
    const document = statusJson({
      nodeId,
      components: this.components,
      uptime,
      incidents: incidents?.rows.filter((incident) => isShown(incident, oldest)),
      wallSeconds,
    });
    if (this.newest !== undefined && isSame({ ...document, time: '' }, { ...this.newest, time: '' }))
      return this.newest;
    this.newest = document;
    return document;
  }

  /** The answer, or undefined when there is none now. */
  async #ask<Type extends ArchiveQuestion>(
    query: ArchiveQuery<Type>,
    atSequence: number,
  ): Promise<ArchiveAnswerOf<Type> | undefined> {
    try {
      return (await this.options.archive.ask(query, atSequence)).result as ArchiveAnswerOf<Type>;
    } catch (error) {
      if (error instanceof ArchiveRefusedError && error.code !== 'BAD_QUERY') return undefined;
      throw error;
    }
  }
}

function isShown({ posts }: IncidentRecord, oldestSeconds: number): boolean {
  const [newest] = posts;
  return newest.state !== IncidentState.Resolved || newest.timeSeconds >= oldestSeconds;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
