import { latin1Of } from '#lib/latin1.ts';

/**
 * SoupBinTCP 3.00/4.00 packets (Nasdaq, "SoupBinTCP", sections 1.1 and 2): a two-byte big-endian length that
 * counts what follows it, a one-byte type, a payload. Text is ASCII; numbers in the login packets are ASCII
 * digits, right-justified and padded with spaces.
 */
export const SoupPacket = {
  Debug: 0x2b, // +
  // server to client
  LoginAccepted: 0x41, // A
  LoginRejected: 0x4a, // J
  SequencedData: 0x53, // S
  ServerHeartbeat: 0x48, // H
  EndOfSession: 0x5a, // Z
  // client to server
  LoginRequest: 0x4c, // L
  ClientHeartbeat: 0x52, // R
  LogoutRequest: 0x4f, // O
  // both ways since 4.00; client to server only in 3.00
  UnsequencedData: 0x55, // U
} as const;
export type SoupPacket = (typeof SoupPacket)[keyof typeof SoupPacket];

/** Reject codes of a Login Rejected packet. */
export const LoginRejectCode = {
  /** Unknown user or wrong password. */
  NotAuthorized: 0x41, // A
  /** The requested session or sequence number is not to be had here, or not now. */
  SessionNotAvailable: 0x53, // S
} as const;
export type LoginRejectCode = (typeof LoginRejectCode)[keyof typeof LoginRejectCode];

/** Bytes of the length field and the type: what precedes every payload. */
export const SOUP_HEADER_BYTES = 3;

export const LOGIN_REQUEST_BYTES = 46;
/** SoupBinTCP 4.x clients may add a five-digit heartbeat timeout (milliseconds). It is read past, not used. */
export const LOGIN_REQUEST_BYTES_MAX = 51;
export const LOGIN_ACCEPTED_BYTES = 30;

/** A Login Request. Names and passwords are compared as sent, case included; trailing spaces are padding. */
export interface LoginRequest {
  /** At most 6 characters. */
  readonly username: string;
  /** At most 10 characters. */
  readonly password: string;
  /** At most 10 characters; empty asks for the session that is active. */
  readonly session: string;
  /** The sequence number of the first message wanted; 0 only what comes from now on. */
  readonly sequenceNumber: number;
}

/** A Login Accepted: the session and the sequence number of the next Sequenced Data packet. */
export interface LoginAccepted {
  readonly session: string;
  readonly sequenceNumber: number;
}

/** Writes length and type for a payload of `payloadBytes` at `at`; returns where the payload starts. */
export function writeSoupHeader(
  bytes: Uint8Array,
  at: number,
  type: SoupPacket,
  payloadBytes: number,
): number {
  const length = payloadBytes + 1;
  bytes[at] = length >> 8;
  bytes[at + 1] = length;
  bytes[at + 2] = type;
  return at + SOUP_HEADER_BYTES;
}

/** A whole packet around a copy of `payload`. For packets outside the hot path. */
export function soupPacket(type: SoupPacket, payload: Uint8Array | string = ''): Uint8Array {
  const body = typeof payload === 'string' ? asciiBytes(payload) : payload;
  const packet = new Uint8Array(SOUP_HEADER_BYTES + body.length);
  packet.set(body, writeSoupHeader(packet, 0, type, body.length));
  return packet;
}

/** @throws RangeError when a field does not fit its place. */
export function encodeLoginRequest(request: LoginRequest): Uint8Array {
  return soupPacket(
    SoupPacket.LoginRequest,
    left(request.username, 6, 'username') +
      left(request.password, 10, 'password') +
      right(request.session, 10, 'session') +
      right(String(request.sequenceNumber), 20, 'sequence number'),
  );
}

/** The Login Request whose payload is `bytes[from, to)`, or undefined when it is not one. */
export function decodeLoginRequest(bytes: Uint8Array, from: number, to: number): LoginRequest | undefined {
  const length = to - from;
  if (length !== LOGIN_REQUEST_BYTES && length !== LOGIN_REQUEST_BYTES_MAX) return undefined;
  const text = asciiText(bytes, from, from + LOGIN_REQUEST_BYTES);
  if (text === undefined) return undefined;
  const sequenceNumber = decimal(text.slice(26));
  if (sequenceNumber === undefined) return undefined;
  return {
    username: text.slice(0, 6).trimEnd(),
    password: text.slice(6, 16).trimEnd(),
    session: text.slice(16, 26).trim(),
    sequenceNumber,
  };
}

/** @throws RangeError when a field does not fit its place. */
export function encodeLoginAccepted(accepted: LoginAccepted): Uint8Array {
  return soupPacket(
    SoupPacket.LoginAccepted,
    right(accepted.session, 10, 'session') + right(String(accepted.sequenceNumber), 20, 'sequence number'),
  );
}

/** The Login Accepted whose payload is `bytes[from, to)`, or undefined when it is not one. */
export function decodeLoginAccepted(bytes: Uint8Array, from: number, to: number): LoginAccepted | undefined {
  if (to - from !== LOGIN_ACCEPTED_BYTES) return undefined;
  const text = asciiText(bytes, from, to);
  if (text === undefined) return undefined;
  const sequenceNumber = decimal(text.slice(10));
  if (sequenceNumber === undefined) return undefined;
  return { session: text.slice(0, 10).trim(), sequenceNumber };
}

function left(value: string, width: number, what: string): string {
  return fitting(value, width, what).padEnd(width);
}

function right(value: string, width: number, what: string): string {
  return fitting(value, width, what).padStart(width);
}

function fitting(value: string, width: number, what: string): string {
  if (value.length > width || !/^[\x20-\x7e]*$/.test(value)) {
    throw new RangeError(`${what} must be at most ${width} printable ASCII characters`);
  }
  return value;
}

function asciiBytes(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

/** The text in `bytes[from, to)`, or undefined when a byte is not printable ASCII. */
function asciiText(bytes: Uint8Array, from: number, to: number): string | undefined {
  for (let at = from; at < to; at++) if (bytes[at] < 0x20 || bytes[at] > 0x7e) return undefined;
  return latin1Of(bytes, from, to);
}

/** A non-negative safe integer in ASCII digits padded with spaces on either side; blank is 0. */
function decimal(text: string): number | undefined {
  const digits = text.trim();
  if (!/^\d*$/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}
