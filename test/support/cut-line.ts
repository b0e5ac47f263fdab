import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A line to a port of this machine that can be cut: nothing goes through any more, and neither side is told. */
export class CutLine {
  declare private readonly server: Server;
  declare private readonly sockets: Socket[];
  declare private isCut: boolean;
  declare private onLost: (text: string) => void;

  constructor(port: number) {
    this.sockets = [];
    this.isCut = false;
    this.onLost = () => {};
    this.server = createServer((client) => {
      this.#add(client);
      if (this.isCut) {
        client.on('data', (data) => this.onLost(String(data)));
        return;
      }
      const venue = this.#add(connect(port, '127.0.0.1'));
      client.pipe(venue);
      venue.pipe(client);
    });
  }

  /** Resolves with the port of its near end. */
  async open(): Promise<number> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.unpipe();
  }

  /** Whoever connects from now on gets through. */
  mend(): void {
    this.isCut = false;
  }

  /** Resolves when a request that begins so has gone into the cut line. */
  async lost(begin: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.onLost = (text) => {
        if (text.startsWith(begin)) resolve();
      };
    });
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  #add(socket: Socket): Socket {
    this.sockets.push(socket);
    return socket.on('error', () => {});
  }
}
