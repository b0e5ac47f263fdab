import type { Static } from 'typebox';
import type { Figures, FiguresMessage } from '#codec/json/operate-json.ts';
import type { ViewSource } from '#gateways/websocket/view-channel.ts';
import type { LatencyWindow } from '#lib/latency-histogram.ts';
import { STAGES, type Stage, stageWindow } from '#replica/stage-times.ts';
import type { NodeStatus } from '../node-status.ts';
import type { EventCounts } from './event-counts.ts';
import type { StatusClient } from './status-client.ts';

/** By figures of the threads: who is connected to which door. */
const DOORS = {
  'market-data': 'marketDataClients',
  http: 'httpConnections',
  websocket: 'webSocketConnections',
  fix: 'fixConnections',
} as const;

/** A moment from which the next figures are counted. */
interface Mark {
  readonly atMs: number;
  readonly sequence: number;
  readonly orders: number;
  readonly trades: number;
  readonly reports: number;
}

/** The messages of the channel `figures`: what happened from one to the next. */
export class FiguresSource implements ViewSource {
  declare private readonly status: StatusClient;
  declare private readonly counts: EventCounts;
  declare private readonly windows: readonly (readonly [Stage, LatencyWindow])[];
  declare private mark: Mark | undefined;

  /** @param stages memory of the StageTimes */
  constructor(status: StatusClient, counts: EventCounts, stages: SharedArrayBuffer) {
    this.status = status;
    this.counts = counts;
    this.windows = STAGES.map((stage) => [stage, stageWindow(stages, stage)] as const);
    this.mark = undefined;
    counts.isCounting = true;
  }

  /** undefined the first time: there is nothing to compare with. */
  async read(): Promise<Static<typeof FiguresMessage> | undefined> {
    const status = await this.status.status();
    const { orders, trades, reports } = this.counts;
    const mark = { atMs: performance.now(), sequence: status.sequence, orders, trades, reports };
    const before = this.mark;
    this.mark = mark;
    if (before === undefined) return undefined;
    const latency = this.windows.map(([stage, window]) => ({ stage, ...window.take() }));
    return { channel: 'figures', type: 'figures', figures: figuresOf(status, latency, before, mark) };
  }

  end(): void {
    this.counts.isCounting = false;
  }
}

/** Figures of the time between two marks. */
export function figuresOf(
  status: NodeStatus,
  latency: Static<typeof Figures>['latency'],
  before: Mark,
  now: Mark,
): Static<typeof Figures> {
  const periodMs = Math.max(1, now.atMs - before.atMs);
  const perSecond = (name: 'sequence' | 'orders' | 'trades' | 'reports') =>
    Math.round(((now[name] - before[name]) * 1_000) / periodMs);
  const { nodeId, rssBytes, loopDelayUsP99, loopBusyPercent, openOrders, ouchConnections, threads } = status;
  const doors = Object.entries(DOORS) as [keyof typeof DOORS, string][];
  return {
    nodeId,
    periodMs: Math.round(periodMs),
    latency,
    throughput: {
      entries: perSecond('sequence'),
      orders: perSecond('orders'),
      trades: perSecond('trades'),
      reports: perSecond('reports'),
    },
    memory: { residentBytes: rssBytes },
    loop: { delayUsP99: loopDelayUsP99, busyPercent: loopBusyPercent },
    openOrders,
    connections: [
      { door: 'ouch', connections: ouchConnections },
      ...doors.flatMap(([door, figure]) =>
        threads[figure] === undefined ? [] : [{ door, connections: threads[figure] }],
      ),
    ],
  };
}
