import { ClusterError } from '#app/cluster/cluster-error.ts';
import { DivergedError } from '#app/cluster/evidence.ts';
import { NodeStateError } from '#app/node-service.ts';
import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { type CommandSink, LogUnavailableError } from '#domain/ports.ts';
import { errorCode } from '#log/file/disk.ts';
import { FaultyDisk } from '#log/file/faulty-disk.ts';
import { StreamError } from '#log/jetstream/stream-error.ts';
import type { FlippedCore } from './checkers.ts';
import { type Environment, nodeHost } from './environment.ts';
import { flipAfter, MachineDisk, type NodeParts } from './node-parts.ts';
import { NoAnswerError } from './objects.ts';
import type { SimulatedReportStore } from './report-store.ts';
import { type Machine, type RunningNode, startNode } from './running-node.ts';
import { SimulatedProcess } from './scheduler.ts';

/** Of a node at a place for each time that its data directory was lost: numbers of nodes are never used again. */
const NUMBERS_APART = 10;
/** Until somebody looks after a node that has stopped. */
const ATTENTION_US = 500_000;
/** What the client of the servers says when nobody answers. */
const NO_ANSWER = /^no answer in time$|temporarily unavailable/;

/** A machine, the node that runs on it in one simulated process which dies and starts again, and the operator who looks after it. */
export class SimulatedNode implements Machine {
  /** Of the place: what clients know. */
  readonly place: number;
  readonly host: string;
  readonly parts: NodeParts;
  nodeId: number;
  disk: MachineDisk;
  faulty: FaultyDisk;
  epoch = 0;
  reports: SimulatedReportStore | undefined;
  process: SimulatedProcess | undefined;
  running: RunningNode | undefined;
  /** Nobody starts it before. */
  downUntilUs = 0;
  /** What the operator wants it to be. */
  observes = false;
  /** Whether the build of the next core version is installed. */
  hasNextBuild = false;
  /** An order of the operator is being carried out. */
  #isBusy = false;
  #wallSkewMs = 0;
  /** Since when it is seen to have stopped. */
  #stoppedUs: number | undefined;
  readonly #world: Environment;

  constructor(world: Environment, place: number, parts: NodeParts) {
    this.place = place;
    this.nodeId = place;
    this.host = nodeHost(place);
    this.parts = parts;
    this.#world = world;
    this.disk = new MachineDisk({ random: world.random });
    this.faulty = new FaultyDisk(this.disk);
    this.#mount();
  }

  get name(): string {
    return `node${this.nodeId}`;
  }

  get Core(): typeof TradingCore {
    return this.hasNextBuild ? this.parts.NextCore : this.parts.Core;
  }

  get isServing(): boolean {
    return this.running?.service.state === 'serving';
  }

  get outbox(): CommandSink | undefined {
    return this.isServing ? this.running?.replica.outbox : undefined;
  }

  set wallSkewMs(skewMs: number) {
    this.#wallSkewMs = skewMs;
    if (this.process !== undefined) this.process.wallSkewMs = skewMs;
  }

  #mount(): void {
    this.disk.onCut = () => this.#onEnd();
    this.#world.files.disks.set(this.host, this.faulty);
  }

  // The operator

  /** To be called now and then: starts what is down, and has each node be what it should. */
  lookAfter(): void {
    const { scheduler } = this.#world;
    if (this.process === undefined) {
      if (scheduler.nowUs >= this.downUntilUs) this.#start();
      return;
    }
    const { running, process } = this;
    if (running === undefined || this.#isBusy) return;
    const { service, replica } = running;
    const state = service.state;
    if (state === 'stopped' && replica.failure === undefined) this.#onStopped(process);
    else if (state === 'observing' && !this.observes) this.#order(process, () => service.promote());
    else if (state === 'serving' && this.observes)
      this.#order(process, () => service.demote(this.#world.random() * 1_000));
  }

  /** The node says that its state is not right. */
  #onStopped(process: SimulatedProcess): void {
    const { nowUs } = this.#world.scheduler;
    this.#stoppedUs ??= nowUs;
    if (nowUs - this.#stoppedUs > ATTENTION_US) this.#exit(process);
  }

  #order(process: SimulatedProcess, carryOut: () => Promise<void>): void {
    const { scheduler, checkers, trace } = this.#world;
    this.#isBusy = true;
    const { nodeId, observes } = this;
    trace.add(this.name, observes ? 'is demoted' : 'is promoted');
    if (!observes) checkers.setObserving(nodeId, false, scheduler.nowUs);
    scheduler.after(process, 0, () => {
      carryOut().then(
        () => {
          this.#isBusy = false;
          if (observes) checkers.setObserving(nodeId, true, scheduler.nowUs);
        },
        (error: unknown) => {
          this.#isBusy = false;
          trace.add(this.name, 'order not carried out:', (error as Error).message);
          const isExpected = error instanceof LogUnavailableError || error instanceof CoreVersionError;
          if (!isExpected && !(error instanceof NodeStateError)) throw error;
        },
      );
    });
  }

  #start(): void {
    const { scheduler, trace, checkers, network } = this.#world;
    const { observes } = this;
    this.disk.restart();
    network.silentHosts.delete(this.host);
    trace.add(
      this.name,
      observes ? 'starts to observe' : 'starts',
      this.hasNextBuild ? 'with the next build' : '',
    );
    checkers.setObserving(this.nodeId, observes, scheduler.nowUs);
    const process = new SimulatedProcess(
      this.name,
      this.host,
      scheduler.nowUs,
      this.#wallSkewMs,
      this.#world.nextSalt(),
    );
    this.process = process;
    scheduler.after(process, 1_000, () => {
      startNode(this.#world, this, process, observes, (running) => (this.running = running)).catch(
        (error: unknown) => this.#onStartFailed(process, error),
      );
    });
  }

  #onStartFailed(process: SimulatedProcess, error: unknown): void {
    const { message } = error as Error;
    this.#world.trace.add(this.name, 'does not start:', message);
    if (error instanceof DivergedError) this.wipe();
    else if (!this.#mendBuild(error)) {
      const isPassing =
        error instanceof LogUnavailableError ||
        error instanceof NoAnswerError ||
        errorCode(error) === 'ENOSPC' ||
        (error instanceof StreamError && error.code === 'NOT_READY') ||
        NO_ANSWER.test(message);
      if (!isPassing) {
        if (error instanceof ClusterError)
          this.#world.checkers.fail(`${this.name} cannot recover: ${message}`);
        throw error;
      }
    }
    this.#exit(process);
  }

  /** Installs the next build where the log needs it. */
  #mendBuild(error: unknown): boolean {
    const isMissing = error instanceof CoreVersionError || (error as Error).cause instanceof CoreVersionError;
    if (isMissing) this.hasNextBuild = true;
    return isMissing;
  }

  onUnavailable(process: SimulatedProcess, error: Error): void {
    this.#world.trace.add(this.name, error.message);
    this.#mendBuild(error);
    // A supervisor ends and starts it again, and somebody makes room.
    setTimeout(() => this.#exit(process), 500);
  }

  /** The data directory is gone: another node takes its place. */
  wipe(): void {
    const { trace, checkers, random } = this.#world;
    this.kill();
    trace.add(this.name, 'has lost its data');
    checkers.onWiped(this.nodeId);
    this.nodeId += NUMBERS_APART;
    this.epoch = 0;
    this.reports = undefined;
    this.disk.onCut = () => {};
    this.disk = new MachineDisk({ random });
    this.faulty = new FaultyDisk(this.disk);
    this.#mount();
  }

  /** Ends the node as an operator does. */
  stop(): void {
    const { running, process } = this;
    if (running === undefined || process === undefined || !this.isServing || this.#isBusy) return;
    this.#world.trace.add(this.name, 'is stopped');
    this.#isBusy = true;
    this.#world.scheduler.after(process, 0, () => {
      void running.gateway
        .close('the venue stops')
        .then(() => running.replica.stop())
        .then(() => this.#exit(process));
    });
  }

  /** Has it start anew, in an orderly way where it serves. */
  restart(): void {
    if (this.isServing && !this.#isBusy) this.stop();
    else this.kill();
  }

  // What goes wrong

  /** kill -9. */
  kill(): void {
    if (this.process === undefined) return;
    this.#world.trace.add(this.name, 'is killed');
    this.#end();
  }

  /** The power of the machine fails, now or at a write that is near. */
  cutPower(writes: number): void {
    this.#world.trace.add(this.name, 'loses power, writes left', writes);
    if (writes === 0 || this.process === undefined) this.disk.cut();
    else this.disk.callsUntilCut = writes;
  }

  /** A bit of the node's state is another from its next entry on. */
  flipBit(where: FlippedCore, bit: number): void {
    const { running } = this;
    if (running === undefined) return;
    const sequence = running.core.sequence + 1;
    this.#world.trace.add(this.name, 'has another bit after entry', sequence, where);
    this.#world.checkers.onFlip(this.nodeId, sequence, where);
    if (where !== 'archive') flipAfter(running.core, sequence, bit);
    if (where !== 'order path') flipAfter(running.archiveCore, sequence, bit);
  }

  #exit(process: SimulatedProcess): void {
    if (this.process !== process) return;
    this.#world.trace.add(this.name, 'exits');
    this.#end();
  }

  /** Ends the process; the machine runs on. */
  #end(): void {
    this.disk.killsOnly = true;
    this.disk.cut();
    this.disk.killsOnly = false;
    this.disk.restart();
  }

  /** Called in the moment in which the process ends. */
  #onEnd(): void {
    const { process } = this;
    const { network, stream } = this.#world;
    const isSilent = !this.disk.killsOnly;
    this.running = undefined;
    this.process = undefined;
    this.#isBusy = false;
    this.#stoppedUs = undefined;
    if (isSilent) network.silentHosts.add(this.host);
    if (process === undefined) return;
    process.isAlive = false;
    for (const connection of [...stream.connections]) if (connection.process === process) connection.close();
    network.died(process, isSilent);
  }
}
