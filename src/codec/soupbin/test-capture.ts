/** One side's bytes of a TCP conversation. */
export interface Said {
  readonly byServer: boolean;
  readonly bytes: Uint8Array;
}

/** Bytes of payload in a segment: small, so that packets are split and joined. */
const SEGMENT_BYTES = 100;
const SYN = 0x02;
const ACK = 0x10;

/**
 * A TCP conversation as a capture file (libpcap 2.4, Ethernet, IPv4), for programs that read such files: the server
 * listens at 10.0.0.1, the client speaks from 10.0.0.2.
 */
export function captureOf(conversation: readonly Said[], serverPort: number): Buffer {
  const records: Buffer[] = [fileHeader()];
  const sent = { server: 1, client: 1 };
  const segment = (byServer: boolean, flags: number, payload: Uint8Array): void => {
    const [own, other] = byServer ? [sent.server, sent.client] : [sent.client, sent.server];
    const start = (flags & SYN) === 0 ? own : 0;
    records.push(
      record(
        records.length,
        ipPacket(byServer, tcpSegment(byServer, serverPort, start, other, flags, payload)),
      ),
    );
    if (byServer) sent.server += payload.length;
    else sent.client += payload.length;
  };
  segment(false, SYN, new Uint8Array(0));
  segment(true, SYN | ACK, new Uint8Array(0));
  for (const { byServer, bytes } of conversation) {
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES) {
      segment(byServer, ACK, bytes.subarray(at, at + SEGMENT_BYTES));
    }
  }
  return Buffer.concat(records);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2_c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

function record(index: number, packet: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(1_700_000_000, 0);
  header.writeUInt32LE(index, 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

function ipPacket(byServer: boolean, body: Buffer): Buffer {
  const ethernet = Buffer.from('0200000000010200000000020800', 'hex');
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(20 + body.length, 2);
  ip[8] = 64;
  ip[9] = 6;
  ip.set([10, 0, 0, byServer ? 1 : 2], 12);
  ip.set([10, 0, 0, byServer ? 2 : 1], 16);
  return Buffer.concat([ethernet, ip, body]);
}

function tcpSegment(
  byServer: boolean,
  serverPort: number,
  sequence: number,
  acknowledged: number,
  flags: number,
  payload: Uint8Array,
): Buffer {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(byServer ? serverPort : 40_000, 0);
  tcp.writeUInt16BE(byServer ? 40_000 : serverPort, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(acknowledged, 8);
  tcp[12] = 0x50;
  tcp[13] = flags;
  tcp.writeUInt16BE(65_535, 14);
  return Buffer.concat([tcp, payload]);
}
