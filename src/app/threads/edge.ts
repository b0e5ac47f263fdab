import { parentPort } from 'node:worker_threads';
import type { FollowingSink } from '#domain/ports.ts';
import { RingCommandSink } from '#replica/ring-command-sink.ts';
import { StatusBoard } from '#replica/status-board.ts';
import { StatusClient } from '../operate/status-client.ts';
import type { EdgeRings, ReadyMessage, StatusRequest, ToThread } from './messages.ts';
import { Haste, RingFollower, RingSlot } from './ring-follower.ts';
import { type Figures, sayFigures } from './thread-figures.ts';

const FIGURES_MS = 1_000;

/** A door of the edge: takes connections, and sends commands. */
export interface EdgeDoor {
  /** Opens the door; resolves with its ports by name. Clients may come before the image does. */
  listen(): Promise<{ readonly [name: string]: number }>;
  /** Sends everybody away with the reason and lets nobody in, until it is called with undefined. */
  suspend(reason: string | undefined): void;
  /** Ends every session with the reason. What it still sends is logged. */
  close(reason: string): Promise<void>;
  /** Clients that it has. */
  readonly connections: number;
  /** Figures of the door. */
  figures?(): Figures;
}

/** Who is served at the edge. */
export interface EdgeDoors {
  readonly doors: readonly EdgeDoor[];
  /** They get every event, each before the one behind it. */
  readonly sinks: readonly FollowingSink[];
}

/** What the edge gives to its doors. */
export interface EdgeServices {
  /** To the order path. Says -1 while too much is on its way, and for good when the venue has stopped. */
  readonly commands: RingCommandSink;
  /** How far the node's threads are. */
  readonly board: StatusBoard;
  /** Whether the doors have been given all events of what the board says is durable. */
  readonly hasAllEvents: () => boolean;
  /** Somebody has come: what is durable by now is handed to the doors before he is heard. */
  readonly onClient: () => void;
  /** How the node is, for whoever asks. */
  readonly status: StatusClient;
}

/**
 * The edge thread: doors that may be slow. Their commands go to the order path by one ring in shared memory, its events
 * come by another. The edge may lag or die without touching an order of another door.
 */
export class Edge {
  declare private readonly commands: RingCommandSink;
  declare private readonly follower: RingFollower;
  declare private readonly doors: readonly EdgeDoor[];
  declare private readonly status: StatusClient;
  declare private readonly closing: PromiseWithResolvers<void>;

  constructor(data: EdgeRings, openDoors: (services: EdgeServices) => EdgeDoors) {
    this.closing = Promise.withResolvers();
    this.commands = new RingCommandSink(data.commands, () => this.follower.hurry());
    this.status = new StatusClient(() =>
      parentPort?.postMessage({ kind: 'askStatus' } satisfies StatusRequest),
    );
    const { doors, sinks } = openDoors({
      commands: this.commands,
      board: new StatusBoard(data.board),
      hasAllEvents: () => this.follower.lagWords === 0,
      onClient: () => this.follower.hurry(),
      status: this.status,
    });
    this.doors = doors;
    this.follower = new RingFollower({
      board: data.board,
      ring: data.ring,
      slot: RingSlot.edge,
      peer: data.peer,
      sinks,
      what: 'the edge',
      haste: () => {
        if (this.commands.isAwaitingAnswers) return Haste.AtOnce;
        return doors.some(({ connections }) => connections > 0) ? Haste.Soon : Haste.None;
      },
    });
  }

  /** Serves until the node stops. @throws Error of node:net when a door cannot listen */
  async run(): Promise<void> {
    parentPort?.on('message', (message: ToThread) => {
      if (message.kind === 'close') this.closing.resolve();
      else if (message.kind === 'suspend') for (const door of this.doors) door.suspend(message.reason);
      else if (message.kind === 'status') this.status.onStatus(message.status);
    });
    const ports: { [name: string]: number } = {};
    for (const door of this.doors) Object.assign(ports, await door.listen());
    parentPort?.postMessage({ kind: 'ready', ports } satisfies ReadyMessage);
    const timer = setInterval(() => this.#sayFigures(), FIGURES_MS);
    const followed = this.follower.run();
    await this.closing.promise;
    // Their last commands get their answers: the events go on until the doors are closed.
    await Promise.all(this.doors.map((door) => door.close('the node stops')));
    this.commands.flush();
    this.follower.close();
    await followed;
    clearInterval(timer);
    parentPort?.close();
  }

  #sayFigures(): void {
    sayFigures({
      ...Object.assign({}, ...this.doors.map((door) => door.figures?.())),
      edgeLagWords: this.follower.lagWords,
      edgeOverruns: this.follower.overruns,
      edgeCommands: this.commands.commands,
      edgeRefused: this.commands.refused,
    });
  }
}
