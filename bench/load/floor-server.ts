/**
 * The floor: a bare Node TCP server that answers each Enter Order packet with an Order Accepted packet, after making
 * the orders of the chunk durable. It decodes, checks and matches nothing; it is what no venue on Node can be faster
 * than. Run as a process of its own with a JSON configuration as its only argument; tells its parent its port.
 */
import { closeSync, constants, fdatasyncSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { encodeLoginAccepted, SOUP_HEADER_BYTES, SoupPacket } from '#codec/soupbin/packets.ts';
import { NewOrder } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { endProcess } from '#lib/end-process.ts';
import { RECORD_OVERHEAD_BYTES } from '#log/file/format.ts';
import type { FloorServerConfig } from './floor-modes.ts';
import { ACCEPTED_FRAME_BYTES, enteredRefNum, PacketCutter, writeAcceptedFrame } from './frames.ts';

/** The file is this long and written around and around: preallocated means written once before. */
const FILE_BYTES = 64 * 1024 * 1024;
/** What the embedded log writes for an entry of one new order, and for each further one in it. */
const FIXED_BYTES = RECORD_OVERHEAD_BYTES + ENTRY_HEADER_WORDS * 4;
const ORDER_BYTES = NewOrder.shortWords * 4;
/** Most orders of one chunk: more are written in turns. */
const ORDERS_MAX = 4_096;

const config = JSON.parse(process.argv[2]) as FloorServerConfig;
const { O_CREAT, O_DSYNC, O_RDWR, O_TRUNC } = constants;
const payload = Buffer.alloc(FIXED_BYTES + ORDERS_MAX * ORDER_BYTES, 0x5a);
let handle = -1;
let position = 0;

if (config.mode !== 'echo') {
  handle = openSync(config.file, O_RDWR | O_CREAT | O_TRUNC, 0o600);
  const zeros = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < FILE_BYTES; at += zeros.length) writeSync(handle, zeros, 0, zeros.length, at);
  fsyncSync(handle);
  if (config.mode === 'dsync') {
    closeSync(handle);
    handle = openSync(config.file, O_RDWR | O_DSYNC);
  }
}

function makeDurable(orders: number): void {
  if (handle === -1) return;
  const bytes = FIXED_BYTES + orders * ORDER_BYTES;
  if (position + bytes > FILE_BYTES) position = 0;
  writeSync(handle, payload, 0, bytes, position);
  if (config.mode === 'fdatasync') fdatasyncSync(handle);
  position += bytes;
}

const server = createServer({ noDelay: true }, (socket) => {
  const refNums: number[] = [];
  const answer = (): void => {
    if (refNums.length === 0) return;
    makeDurable(refNums.length);
    const answers = Buffer.allocUnsafe(refNums.length * ACCEPTED_FRAME_BYTES);
    for (let i = 0; i < refNums.length; i++)
      writeAcceptedFrame(answers, i * ACCEPTED_FRAME_BYTES, refNums[i]);
    refNums.length = 0;
    socket.write(answers);
  };
  const cutter = new PacketCutter((bytes, at) => {
    if (bytes[at + SOUP_HEADER_BYTES - 1] === SoupPacket.LoginRequest) {
      socket.write(encodeLoginAccepted({ session: 'floor', sequenceNumber: 1 }));
    } else if (bytes[at + SOUP_HEADER_BYTES - 1] === SoupPacket.UnsequencedData) {
      refNums.push(enteredRefNum(bytes, at));
      if (refNums.length === ORDERS_MAX) answer();
    }
  });
  socket.on('data', (chunk: Buffer) => {
    cutter.push(chunk);
    answer();
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
});

// The parent is gone: nobody would end this process.
process.on('disconnect', () => endProcess(1));
process.on('SIGTERM', () => {
  if (handle !== -1) {
    closeSync(handle);
    rmSync(config.file);
  }
  endProcess(0);
});
