import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeOuch, type OuchInput, type OutboundMessage } from '#codec/ouch/plain.ts';
import { PacketVerdict } from '#codec/soupbin/framer.ts';
import { SoupPacket } from '#codec/soupbin/packets.ts';
import { type SoupDoor, SoupServer } from '#gateways/soupbin/server.ts';
import type { SoupSession } from '#gateways/soupbin/session.ts';
import { Desk } from './participant.ts';

/** Longer than a desk that has just been connected waits to come back, twice. */
const QUIET_MS = 1_500;

/** An order door with nothing behind it: one session of a user, as at the venue. Ends the second one before the desk is ready. */
class ScriptedDoor implements SoupDoor<object> {
  readonly name = 'scripted';
  logins = 0;
  /** The third login's desk is ready. */
  readonly isBack = Promise.withResolvers<void>();
  session: SoupSession<object> | undefined;

  credentials(): undefined {}

  isForAnybody(): boolean {
    return true;
  }

  onLogin(session: SoupSession<object>) {
    this.session?.close('the same user logged in again');
    this.session = session;
    this.logins++;
    return { accepted: true, session: 'HIVE', nextSequence: 1 } as const;
  }

  onLoggedIn(): void {}

  onMessage(session: SoupSession<object>, bytes: Uint8Array, from: number): PacketVerdict {
    const type = String.fromCharCode(bytes[from]);
    const timestamp = 1;
    if (type === 'Q') this.#say(session, { type: 'AccountQueryResponse', timestamp, nextUserRefNum: 1 });
    else if (type === 'C' && this.logins === 2) session.close('the node is cut off again');
    else if (type === 'C') {
      const response = {
        type: 'MassCancelResponse',
        timestamp,
        userRefNum: 1,
        firm: '',
        symbol: '',
      } as const;
      this.#say(session, { ...response, options: {} });
      if (this.logins === 3) this.isBack.resolve();
    }
    return PacketVerdict.Taken;
  }

  onDrain(): void {}

  onClosed(session: SoupSession<object>): void {
    if (this.session === session) this.session = undefined;
  }

  #say(session: SoupSession<object>, message: OuchInput<OutboundMessage>): void {
    session.send(SoupPacket.UnsequencedData, encodeOuch(message));
  }
}

test('desk: a connection that ends before the desk is ready is followed by one, which stays', async (t) => {
  const door = new ScriptedDoor();
  const server = new SoupServer(door, { port: 0 }, { info() {}, warn() {} });
  const { port } = await server.listen();
  const strategy = { act() {}, onOrder() {}, onConnected() {} };
  const desk = new Desk({ name: 'MM', password: '', port, symbols: [], strategy, onTrouble() {} });
  t.after(async () => {
    desk.close();
    await server.close('test over');
  });
  await desk.connect();
  door.session?.close('the node is cut off');
  await door.isBack.promise;
  await sleep(QUIET_MS);
  assert.equal(door.logins, 3);
});
