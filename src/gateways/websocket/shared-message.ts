const TEXT_FRAME = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * A message, framed once for however many clients (RFC 6455, section 5.2: one unmasked text frame, as servers send it). One
 * write of one buffer is less work than ws's own two.
 */
export class SharedMessage {
  declare readonly frame: Buffer;
  declare readonly payload: Buffer;

  constructor(json: string) {
    const bytes = Buffer.byteLength(json);
    const header = bytes < LENGTH_16 ? 2 : bytes < 65_536 ? 4 : 10;
    const frame = Buffer.allocUnsafe(header + bytes);
    frame[0] = TEXT_FRAME;
    if (header === 2) frame[1] = bytes;
    else if (header === 4) {
      frame[1] = LENGTH_16;
      frame.writeUInt16BE(bytes, 2);
    } else {
      frame[1] = LENGTH_64;
      frame.writeUInt32BE(0, 2);
      frame.writeUInt32BE(bytes, 6);
    }
    frame.write(json, header);
    this.frame = frame;
    this.payload = frame.subarray(header);
  }
}
