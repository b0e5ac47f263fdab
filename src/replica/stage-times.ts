import { LATENCY_HISTOGRAM_BYTES, LatencyHistogram, LatencyWindow } from '#lib/latency-histogram.ts';

/**
 * What the commands of this node pass: `appended` from the moment that the first command of a turn was received until the turn is
 * handed to the log, `durable` from then until the log delivers it, `answered` from then until it is applied and the answers of
 * the order path's doors are with the operating system, and `total` all of it.
 */
export const STAGES = ['appended', 'durable', 'answered', 'total'] as const;
export type Stage = (typeof STAGES)[number];

/** Shared memory for the histograms of the stages. */
export function stageMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(STAGES.length * LATENCY_HISTOGRAM_BYTES);
}

/** Reads a stage's histogram, on any thread. */
export function stageWindow(memory: SharedArrayBuffer, stage: Stage): LatencyWindow {
  return new LatencyWindow(memory, STAGES.indexOf(stage) * LATENCY_HISTOGRAM_BYTES);
}

/**
 * Times the stages of the order path, by turns: each command counts with the times of its turn's first one. Costs four readings of
 * the clock and four counts for each turn, however many commands that has.
 */
export class StageTimes {
  declare private readonly nowMs: () => number;
  declare private readonly appended: LatencyHistogram;
  declare private readonly durable: LatencyHistogram;
  declare private readonly answered: LatencyHistogram;
  declare private readonly total: LatencyHistogram;
  /** Of the turn that is being collected; 0: it has no command yet. */
  declare private collectingMs: number;
  /** Of the turn that was handed to the log last. */
  declare receivedMs: number;
  declare appendedMs: number;
  /** Of what is being delivered; 0: nothing is. */
  declare private durableMs: number;
  /** Own entries of what is being delivered: when their turns were received, and how many commands they have. */
  declare private readonly turns: number[];
  declare private readonly commands: number[];
  /** How many of them count: an array that is emptied loses its memory, and would be allocated again in each turn. */
  declare private owned: number;

  constructor(memory: SharedArrayBuffer, nowMs: () => number = () => performance.now()) {
    const of = (stage: Stage) =>
      new LatencyHistogram(memory, STAGES.indexOf(stage) * LATENCY_HISTOGRAM_BYTES);
    this.nowMs = nowMs;
    this.appended = of('appended');
    this.durable = of('durable');
    this.answered = of('answered');
    this.total = of('total');
    this.collectingMs = 0;
    this.receivedMs = 0;
    this.appendedMs = 0;
    this.durableMs = 0;
    this.turns = [];
    this.commands = [];
    this.owned = 0;
  }

  /** A command is there, the first of its turn maybe. */
  onReceived(): void {
    if (this.collectingMs === 0) this.collectingMs = this.nowMs();
  }

  /** The turn is about to be handed to the log; the next command begins another one. */
  onAppended(): void {
    this.appendedMs = this.nowMs();
    this.receivedMs = this.collectingMs === 0 ? this.appendedMs : this.collectingMs;
    this.collectingMs = 0;
  }

  /** The log delivers an entry, of any node. */
  onDelivery(): void {
    if (this.durableMs === 0) this.durableMs = this.nowMs();
  }

  /** What is delivered is an entry of this node, from a turn with these times. */
  onOwn(receivedMs: number, appendedMs: number, commands: number): void {
    this.appended.record(appendedMs - receivedMs, commands);
    this.durable.record(this.durableMs - appendedMs, commands);
    this.turns[this.owned] = receivedMs;
    this.commands[this.owned++] = commands;
  }

  /** All that was delivered is applied and answered. */
  onAnswered(): void {
    const { durableMs, turns, commands, owned } = this;
    this.durableMs = 0;
    if (owned === 0) return;
    const nowMs = this.nowMs();
    for (let i = 0; i < owned; i++) {
      this.answered.record(nowMs - durableMs, commands[i]);
      this.total.record(nowMs - turns[i], commands[i]);
    }
    this.owned = 0;
  }
}
