/** Why bytes are not a record, or an object cannot become one. */
export type CodecErrorCode =
  /** The type number or name is not in the tables. */
  | 'UNKNOWN_TYPE'
  /** The object has a property that the record has no field for. */
  | 'UNKNOWN_FIELD'
  /** The header's size is not the size of that record type. */
  | 'WRONG_SIZE'
  /** The bytes end before the record does. */
  | 'TRUNCATED'
  /** Bytes follow where the record or entry should end. */
  | 'TRAILING_BYTES'
  /** A record does not start or end at a multiple of eight bytes inside the buffer. */
  | 'MISALIGNED'
  /** Not an integer: a fraction, NaN, an infinity, negative zero on the wire, or not a number at all. */
  | 'NOT_INTEGER'
  /** An integer that the field's kind cannot hold. */
  | 'OUT_OF_RANGE'
  /** Not printable ASCII, too long, or followed by anything but NUL. */
  | 'BAD_TEXT'
  /** Not a Uint8Array of the field's length. */
  | 'BAD_BYTES'
  /** A byte that belongs to no field is not zero. */
  | 'BAD_PADDING'
  /** The buffer ends before the record that is to be written. */
  | 'NO_ROOM'
  /** An entry's commandCount is not the number of commands in it. */
  | 'COMMAND_COUNT'
  /** An entry longer than a log takes. */
  | 'ENTRY_TOO_LARGE';

/** A record that is not what its layout says. `field` is empty where no single field is at fault. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  declare readonly code: CodecErrorCode;
  declare readonly field: string;
  /** Bytes from the start of the buffer that was read or written. */
  declare readonly offset: number;

  constructor(code: CodecErrorCode, field: string, offset: number, detail: string) {
    super(`${code} at byte ${offset}${field === '' ? '' : `, ${field}`}: ${detail}`);
    this.code = code;
    this.field = field;
    this.offset = offset;
  }
}
