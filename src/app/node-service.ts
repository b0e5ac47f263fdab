import type { TradingCore } from '#core/trading-core.ts';
import { renewSigningKey } from '#gateways/identity/node-keys.ts';
import type { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import type { DataDirectory } from '#log/file/data-directory.ts';
import type { LogClock } from '#log/log-clock.ts';
import type { Peers } from '#replica/peers.ts';
import type { Replica } from '#replica/replica.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { closeSessions } from './close-sessions.ts';
import { clusterErrorOf } from './cluster/cluster-error.ts';
import type { ClusterLink } from './cluster/cluster-link.ts';
import type { ClusterDuties } from './cluster/duties.ts';
import { writeEvidence } from './cluster/evidence.ts';
import type { NodeNumber } from './cluster/node-number.ts';
import type { DiskUsage } from './disk/disk-usage.ts';
import type { Doors } from './doors.ts';
import type { NumberedConfig } from './node-config.ts';
import { announceNodeKey, isAnnounced } from './node-key.ts';
import type { NodeLog } from './node-log.ts';
import type { ClusterStatus, Health, NodeState, NodeStatus } from './node-status.ts';
import { residentBytes } from './resident-bytes.ts';
import type { ComponentFacts } from './status/component-rules.ts';
import type { ThreadVitals } from './threads/thread-vitals.ts';
import type { NodeLogger, Threads } from './threads/threads.ts';

/** The node is not in a state to do that. */
export class NodeStateError extends Error {
  override readonly name = 'NodeStateError';
  readonly code = 'NODE_STATE';
}

/** Until a new signing key is in the log: an election is shorter. */
const ANNOUNCE_MS_MAX = 30_000;
const ANNOUNCE_AGAIN_MS = 1_000;
const ANNOUNCE_LOOK_MS = 10;
/** Longer than the stream takes to elect a leader: then other nodes may be better off. */
const CUT_OFF_TICKS = 12;
const CUT_OFF = 'this node is cut off from the log of the venue: log in at another';

/** The parts of a node that its state depends on, or decides about. */
export interface NodeParts {
  readonly config: Pick<NumberedConfig, 'nodeId' | 'cluster' | 'awaitsSetUp'>;
  readonly data: Pick<DataDirectory, 'path' | 'epoch' | 'raiseEpoch'>;
  /** With `peers` and `duties`; undefined: the log is embedded. */
  readonly link: Pick<ClusterLink, 'takeOver' | 'isMirror'> | undefined;
  /** Where it has a number that nodes share out. */
  readonly number?: Pick<NodeNumber, 'claimEpoch'> | undefined;
  readonly clock: Pick<LogClock, 'aheadMs' | 'jumps'>;
  readonly logger: NodeLogger;
  readonly board: StatusBoard;
  readonly core: TradingCore;
  readonly replica: Replica;
  readonly gateway: Pick<OuchGateway, 'connections' | 'logins'>;
  readonly doors: Pick<Doors, 'open' | 'close' | 'suspend'>;
  readonly nodeLog: Pick<NodeLog, 'log' | 'catchUp' | 'preparationError' | 'status'>;
  /** Of the order path's thread. */
  readonly vitals: Pick<ThreadVitals, 'loopDelayUsP99' | 'busyPercent'>;
  /** Called when its health may have changed. */
  readonly onHealth: () => void;
  /** Tells the log what others must know of a node that serves. */
  readonly announce: () => void;
  readonly peers: Peers | undefined;
  readonly duties: ClusterDuties | undefined;
  readonly threads: Pick<Threads, 'figures'>;
  /** By `performance.now()`. */
  readonly startedMs: number;
}

/** Whether a node serves: how it comes to, when it must not any more, and what it says of that. */
export class NodeService {
  /** As measured last. */
  declare disk: DiskUsage | undefined;
  /** What is not safe about the cluster's stream, as it was seen last. */
  declare streamProblem: string | undefined;
  /** Why the log may be about to stop, as it was seen last. */
  declare private logProblem: string | undefined;
  declare private readonly parts: NodeParts;
  declare private epoch: number;
  declare private wanted: Exclude<NodeState, 'stopped'>;
  declare private isDraining: boolean;
  declare private isSetUp: boolean;
  declare private isPromoting: boolean;
  /** Ticks since the log took entries and gave them back. */
  declare private cutOffTicks: number;
  declare private wasCutOff: boolean;
  /** Why this node must not go on in its cluster. */
  declare private expelled: string | undefined;

  constructor(parts: NodeParts) {
    this.disk = undefined;
    this.streamProblem = undefined;
    this.logProblem = undefined;
    this.parts = parts;
    this.epoch = parts.data.epoch;
    this.wanted = 'recovering';
    this.isDraining = false;
    this.isSetUp = parts.config.awaitsSetUp !== true;
    this.isPromoting = false;
    this.cutOffTicks = 0;
    this.wasCutOff = false;
    this.expelled = undefined;
  }

  get state(): NodeState {
    const { replica, board } = this.parts;
    const isOver =
      replica.failure !== undefined || board.divergedSequence !== 0 || this.expelled !== undefined;
    return isOver ? 'stopped' : this.wanted;
  }

  /** Why it has stopped; undefined: it has not. */
  get reason(): string | undefined {
    const { replica, board } = this.parts;
    return replica.failure?.message ?? this.expelled ?? divergence(board);
  }

  /**
   * Opens the doors. Sessions that a crash left open end first, and the log learns with which key this node signs.
   * @throws Error of a door that cannot listen
   */
  async serve(): Promise<void> {
    const { data, number, replica, core, config, doors, logger, startedMs, announce, onHealth } = this.parts;
    const { nodeId } = config;
    const least = replica.lastEpoch + 1;
    const claimed = await number?.claimEpoch(Math.max(least, data.epoch));
    this.epoch = data.raiseEpoch(claimed ?? least);
    replica.begin(this.epoch);
    await replica.seal();
    closeSessions(core, (id) => id === nodeId, replica.outbox);
    announce();
    await doors.open((port) =>
      logger.info({ port, tookMs: Math.round(performance.now() - startedMs) }, 'taking orders'),
    );
    this.wanted = 'serving';
    onHealth();
  }

  /** Applies the log, and opens nothing. */
  observe(): void {
    const { logger, core, onHealth } = this.parts;
    this.wanted = 'observing';
    onHealth();
    logger.info({ sequence: core.sequence }, 'observing: this node applies the log and serves nobody');
  }

  /** As RunningNode says. */
  async promote(takeOver?: { readonly force: boolean }): Promise<void> {
    if (this.state !== 'observing' || this.isPromoting) {
      const is = this.isPromoting ? 'being promoted already' : this.state;
      throw new NodeStateError(`the node is ${is}: only one that observes can be promoted`);
    }
    this.isPromoting = true;
    try {
      await this.#promote(takeOver);
    } catch (error) {
      if (this.wanted === 'recovering') await this.#stepBack();
      throw clusterErrorOf(error);
    } finally {
      this.isPromoting = false;
    }
  }

  async #promote(takeOver?: { readonly force: boolean }): Promise<void> {
    const { link, nodeLog, logger } = this.parts;
    if (takeOver !== undefined) await link?.takeOver(takeOver.force);
    if ((await link?.isMirror()) === true) {
      throw new NodeStateError(
        'the log of this cluster mirrors that of another one: when that is gone, take it over with --take-over',
      );
    }
    this.wanted = 'recovering';
    await nodeLog.catchUp();
    this.#checkVotes();
    if (this.expelled !== undefined) throw new NodeStateError(`the node has stopped: ${this.expelled}`);
    await this.serve();
    logger.info({ epoch: this.epoch }, 'promoted: this node serves');
  }

  /** From a promotion that failed half the way to observing, so that it can be tried again. */
  async #stepBack(): Promise<void> {
    const { doors, replica, onHealth } = this.parts;
    await doors.close('this node could not begin to serve: log on at another');
    await replica.retire();
    this.wanted = 'observing';
    onHealth();
  }

  /** As RunningNode says. */
  async demote(drainMs: number): Promise<void> {
    const { link, doors, replica, logger, core, onHealth } = this.parts;
    if (link === undefined) {
      throw new NodeStateError('the node has a log of its own: who would serve its clients? Stop it instead');
    }
    if (this.state !== 'serving' || this.isDraining) {
      const is = this.isDraining ? 'draining' : this.state;
      throw new NodeStateError(`the node is ${is}: only one that serves can be demoted`);
    }
    this.isDraining = true;
    onHealth();
    await new Promise((resolve) => setTimeout(resolve, drainMs));
    await doors.close('this node is taken out of service: log on at another');
    await replica.retire();
    this.isDraining = false;
    this.wanted = 'observing';
    onHealth();
    logger.info({ sequence: core.sequence }, 'demoted: this node observes');
  }

  /** It is about to stop: nobody is to be sent here any more. */
  drain(): void {
    this.isDraining = true;
    this.parts.onHealth();
  }

  /** As RunningNode says. */
  async rotateKey(): Promise<void> {
    const { data, core, config, replica, logger } = this.parts;
    const { nodeId } = config;
    if (this.state !== 'serving') {
      throw new NodeStateError(`the node is ${this.state}: only one that serves can announce another key`);
    }
    const key = renewSigningKey(data.path);
    const endMs = performance.now() + ANNOUNCE_MS_MAX;
    for (let nextMs = 0; !isAnnounced(core.state.nodeKeys, nodeId, key); ) {
      const nowMs = performance.now();
      if (nowMs > endMs) {
        throw new NodeStateError(
          'the new key is written and the log did not take it yet: what the old one signed stays good. Run this again when the log takes entries',
        );
      }
      if (nowMs >= nextMs) {
        announceNodeKey(core.state.nodeKeys, nodeId, key, replica.outbox);
        nextMs = nowMs + ANNOUNCE_AGAIN_MS;
      }
      await new Promise((resolve) => setTimeout(resolve, ANNOUNCE_LOOK_MS));
    }
    logger.info({ nodeId }, 'bearer tokens are signed with another key: what the old one signed is void');
  }

  /** Once a second: lets time pass in the venue, and looks whether this node may go on. */
  tick(): void {
    const { replica, peers, board, duties } = this.parts;
    replica.tick();
    peers?.onSecond();
    if (peers !== undefined) board.agreedSequence = peers.agreedSequence();
    this.#checkVotes();
    this.#lookForSegment();
    if (!replica.isServing) return;
    this.#lookForLog();
    if (board.divergedSequence !== 0) {
      this.#stop('the venue stopped: its two copies of the state disagree');
    } else duties?.sweep(replica.outbox);
  }

  /** The venue has what it begins with: clients find their users. */
  onSetUp(): void {
    this.isSetUp = true;
    this.parts.onHealth();
  }

  health(): Health {
    const { state } = this;
    const current = this.isDraining ? 'draining' : this.#isCutOff() ? 'cut off' : state;
    // Until reports of before it began are here, or known to be at no other node, it cannot give clients theirs.
    const isReady = current === 'serving' && this.isSetUp && !this.parts.board.isFetchingReports;
    return { state: current, isReady, warning: this.streamProblem ?? this.logProblem };
  }

  /** What of the status page depends on how the node is now. */
  componentFacts(): Omit<ComponentFacts, 'before' | 'has'> {
    const { config, board, core, nodeLog, replica, threads, peers } = this.parts;
    const { disk } = this;
    return {
      state: this.state,
      isDraining: this.isDraining,
      isCutOff: this.#isCutOff(),
      isInDoubt: nodeLog.status()?.isInDoubt === true,
      hasLogFailed: replica.failure !== undefined,
      isDiskLow: disk !== undefined && disk.freeBytes < disk.warnFreeBelowBytes,
      isVenueKilled: core.state.risk.venueKilled[0] !== 0,
      divergedSequence: board.divergedSequence,
      archiveLagEntries: board.durableSequence - board.archivedSequence,
      figures: threads.figures,
      peers: (peers?.list() ?? [])
        .filter(({ nodeId }) => nodeId !== config.nodeId)
        .map(({ nodeId }) => ({ nodeId, isSilent: peers?.isSilent(nodeId) === true })),
    };
  }

  status(): NodeStatus {
    const { config, board, core, clock, gateway, threads, nodeLog, startedMs, vitals } = this.parts;
    return {
      nodeId: config.nodeId,
      epoch: this.epoch,
      state: this.state,
      reason: this.reason,
      logProblem: this.logProblem,
      firstSequence: nodeLog.log.firstSequence,
      // Not the core's: it may have begun with an entry that it cannot apply.
      sequence: board.durableSequence,
      stateHash: core.stateHash,
      coreVersion: core.state.coreVersion,
      archivedSequence: board.archivedSequence,
      snapshotSequence: board.snapshotSequence,
      divergedSequence: board.divergedSequence,
      logTimeOffsetMs: Math.round(clock.aheadMs() * 1_000) / 1_000,
      wallClockJumps: clock.jumps,
      openOrders: core.state.orders.store.liveOrders,
      ouchConnections: gateway.connections,
      ouchLogins: gateway.logins,
      uptimeSeconds: Math.round((performance.now() - startedMs) / 1_000),
      rssBytes: residentBytes(),
      loopDelayUsP99: vitals.loopDelayUsP99,
      loopBusyPercent: vitals.busyPercent,
      disk: this.disk,
      cluster: this.#clusterStatus(),
      threads: threads.figures,
    };
  }

  /** Another node has this one's number: what this one would append now would be ignored, or end that one. */
  onNumberLost(): void {
    const { config, logger } = this.parts;
    this.expelled = `another node has number ${config.nodeId} by now, because it was not renewed in time: restart this one, it gets another`;
    logger.error({ nodeId: config.nodeId }, `this node stops: ${this.expelled} (docs/cluster.md)`);
    this.#stop('this node stopped: log on at another');
  }

  /** Tells the operator when the log's next segment could not be prepared, and when it has one again. */
  #lookForSegment(): void {
    const { nodeLog, logger, onHealth } = this.parts;
    const error = nodeLog.preparationError();
    const problem = error && `the next segment of the log could not be prepared: ${error.message}`;
    if (problem === this.logProblem) return;
    this.logProblem = problem;
    onHealth();
    if (problem === undefined) logger.info({}, 'the log has its next segment');
    else {
      const advice =
        'Free space and look at the device: the venue stops if it cannot be made when it is needed';
      logger.error({}, `${problem}. ${advice}`);
    }
  }

  /** One that has stopped, or observes by now, is that: its doors wait for nothing. */
  #isCutOff(): boolean {
    return this.state === 'serving' && this.cutOffTicks >= CUT_OFF_TICKS;
  }

  /** Tells clients when the log has been out of reach for long, and when it is back. */
  #lookForLog(): void {
    const { nodeLog, doors, logger, onHealth } = this.parts;
    this.cutOffTicks = nodeLog.status()?.isInDoubt === true ? this.cutOffTicks + 1 : 0;
    const isCutOff = this.cutOffTicks >= CUT_OFF_TICKS;
    if (isCutOff === this.wasCutOff) return;
    this.wasCutOff = isCutOff;
    onHealth();
    doors.suspend(isCutOff ? CUT_OFF : undefined);
    logger.warn({}, isCutOff ? CUT_OFF : 'this node is back in the cluster');
  }

  /** Of a node that observes too: it must not begin to serve. */
  #checkVotes(): void {
    const { data, config, board, core, logger, peers } = this.parts;
    if (peers?.isOutvoted() !== true || this.expelled !== undefined) return;
    const { nodeId } = config;
    board.isOutvoted = true;
    const { sequence, stateHash } = core;
    this.expelled =
      'a majority of the nodes has another state: keep the data directory and start with an empty one';
    logger.error({ sequence, stateHash }, `this node stops: ${this.expelled} (docs/cluster.md)`);
    this.#stop("this node stopped: its state is not the cluster's");
    try {
      writeEvidence(data.path, { nodeId, sequence, stateHash, peers: peers.list() });
    } catch (error) {
      // A full disk must not keep it serving.
      const advice = 'Never start the node on this data directory again';
      logger.error({}, `no evidence is kept: ${(error as Error).message}. ${advice}`);
    }
  }

  #stop(reason: string): void {
    const { replica, doors, onHealth } = this.parts;
    onHealth();
    void replica.stop();
    void doors.close(reason);
  }

  #clusterStatus(): ClusterStatus | undefined {
    const { nodeLog, peers, config } = this.parts;
    const log = nodeLog.status();
    if (log === undefined || peers === undefined || config.cluster === undefined) return undefined;
    return {
      stream: config.cluster.stream,
      problem: this.streamProblem,
      log,
      peers: peers.list().map((peer) => ({ ...peer, isSilent: peers.isSilent(peer.nodeId) })),
      agreedSequence: peers.agreedSequence(),
      isOutvoted: this.parts.board.isOutvoted,
    };
  }
}

function divergence({ divergedSequence }: StatusBoard): string | undefined {
  if (divergedSequence === 0) return undefined;
  return `the order path and the archive disagree since entry ${divergedSequence}: compare both with the log`;
}
