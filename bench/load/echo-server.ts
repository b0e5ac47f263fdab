/**
 * The floor of the WebSocket: a process in which ws sends every message back as it came. With a `file`, after one preallocated
 * write of its bytes to it with O_DSYNC, as the embedded log makes an order durable.
 */
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { endProcess } from '#lib/end-process.ts';

export interface EchoServerConfig {
  /** Replaced; undefined: nothing is written. */
  readonly file: string | undefined;
}

const FILE_BYTES = 64 * 1024 * 1024;
const { file } = JSON.parse(process.argv[2]) as EchoServerConfig;
const descriptor = file === undefined ? undefined : openFloorFile(file);
let position = 0;

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (ws) => {
  ws.on('message', (data: Buffer, isBinary) => {
    if (descriptor !== undefined) {
      if (position + data.length > FILE_BYTES) position = 0;
      position += writeSync(descriptor, data, 0, data.length, position);
    }
    ws.send(data, { binary: isBinary });
  });
});
server.on('listening', () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => endProcess(1));

/** Filled with zeros, so that later writes change no metadata. */
function openFloorFile(path: string): number {
  const zeros = Buffer.alloc(1024 * 1024);
  const plain = openSync(path, 'w');
  for (let at = 0; at < FILE_BYTES; at += zeros.length) writeSync(plain, zeros, 0, zeros.length, at);
  fdatasyncSync(plain);
  closeSync(plain);
  return openSync(path, constants.O_WRONLY | constants.O_DSYNC);
}
