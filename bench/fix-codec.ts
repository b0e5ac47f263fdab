/**
 * What a FIX message costs before and behind the application, on one core: framing, the field table and the dictionary of
 * a NewOrderSingle, and writing an ExecutionReport. `node bench/fix-codec.ts [--messages N]`
 */
import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import { FixFramer, FrameVerdict } from '#codec/fix/fix-framer.ts';
import { FixMessage } from '#codec/fix/fix-message.ts';
import { FixValidator } from '#codec/fix/fix-validator.ts';
import { FixWriter } from '#codec/fix/fix-writer.ts';
import { begin, numberOption, print, rounded } from './support/report.ts';

const messages = numberOption('messages', 2_000_000);
const PER_CHUNK = 250;
const BEGIN = Buffer.from('8=FIX.4.4\x01', 'latin1');

/** Writes a NewOrderSingle as a client sends it. */
function writeOrder(writer: FixWriter, number: number): void {
  writer.begin();
  writer.text(35, 'D');
  writer.int(34, number);
  writer.text(49, 'CLIENT');
  writer.timestamp(52, 1_795_000_000_000 + number);
  writer.text(56, 'VENUE');
  writer.int(11, number);
  writer.text(55, 'BTCUSD');
  writer.char(54, 0x31);
  writer.timestamp(60, 1_795_000_000_000 + number);
  writer.decimal(38, 150, 2);
  writer.char(40, 0x32);
  writer.decimal(44, 6_000_000, 2);
  writer.char(59, 0x31);
  writer.finish(BEGIN);
}

/** Writes an ExecutionReport as the venue does. */
function writeReport(writer: FixWriter, number: number): void {
  writer.begin();
  writer.text(35, '8');
  writer.int(34, number);
  writer.text(49, 'VENUE');
  writer.timestamp(52, 1_795_000_000_000 + number);
  writer.text(56, 'CLIENT');
  writer.int(37, number);
  writer.int(11, number);
  writer.int(17, number);
  writer.char(150, 0x30);
  writer.char(39, 0x30);
  writer.text(55, 'BTCUSD');
  writer.char(54, 0x31);
  writer.decimal(38, 150, 2);
  writer.decimal(151, 150, 2);
  writer.decimal(14, 0, 2);
  writer.decimal(6, 0, 2);
  writer.timestamp(60, 1_795_000_000_000 + number);
  writer.finish(BEGIN);
}

/** A chunk of a socket: orders, one behind the other. */
function orderChunk(): Uint8Array {
  const writer = new FixWriter(1_024);
  const parts = Array.from({ length: PER_CHUNK }, (_, i) => {
    writeOrder(writer, 100_000 + i);
    return writer.buffer.u8.slice(writer.from, writer.to);
  });
  return Buffer.concat(parts);
}

function measure(scenario: string, bytesPerMessage: number, round: () => void): void {
  for (let i = 0; i < 200; i++) round();
  const rounds = Math.ceil(messages / PER_CHUNK);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const begun = process.hrtime.bigint();
  for (let i = 0; i < rounds; i++) round();
  const ns = Number(process.hrtime.bigint() - begun) / (rounds * PER_CHUNK);
  const grownBytes = Math.max(0, process.memoryUsage().heapUsed - heap);
  print({
    bench: 'fix-codec',
    scenario,
    nsPerMessage: rounded(ns, 0),
    perSecond: rounded(1e9 / ns, 0),
    bytesPerMessage,
    heapGrowthBytesPerMessage: rounded(grownBytes / (rounds * PER_CHUNK), 2),
  });
}

begin('fix-codec');
const chunk = orderChunk();
const message = new FixMessage(1_024);
const validator = new FixValidator(platformDictionary(FixVersion.Fix44), {
  groupEntriesMax: 128,
  groupDepthMax: 3,
});
const definition = validator.definition(scan(chunk)) as NonNullable<ReturnType<typeof validator.definition>>;

/** The first order of a chunk, scanned. */
function scan(bytes: Uint8Array): FixMessage {
  message.scan(bytes, 0, bytes.length / PER_CHUNK);
  return message;
}

const framer = (onMessage: (bytes: Uint8Array, from: number, to: number) => void) =>
  new FixFramer(
    {
      onFrame: (bytes, from, to) => {
        onMessage(bytes, from, to);
        return FrameVerdict.Taken;
      },
      onGarbled: () => FrameVerdict.Stop,
      onTooLong: () => FrameVerdict.Stop,
    },
    16_384,
  );

const framing = framer(() => {});
const scanning = framer((bytes, from, to) => message.scan(bytes, from, to));
const checking = framer((bytes, from, to) => {
  message.scan(bytes, from, to);
  if (!validator.validate(message, definition))
    throw new Error(`reason ${validator.reason}: ${validator.refTag}`);
});
const orderBytes = chunk.length / PER_CHUNK;
measure('frame', orderBytes, () => framing.push(chunk));
measure('frame, scan', orderBytes, () => scanning.push(chunk));
measure('frame, scan, validate', orderBytes, () => checking.push(chunk));

const writer = new FixWriter(1_024);
writeReport(writer, 100_000);
measure('write', writer.to - writer.from, () => {
  for (let i = 0; i < PER_CHUNK; i++) writeReport(writer, 100_000 + i);
});
