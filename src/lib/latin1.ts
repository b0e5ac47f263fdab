/** Buffer's way from bytes to a text takes any Uint8Array, and makes nothing but the text. Node does not document it. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
};

/** The text of `bytes[from, to)`, a character for each byte (ISO 8859-1). */
export function latin1Of(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return latin1Slice.call(bytes, from, to);
}

/** The text of `bytes[from, to)` up to the first zero byte. */
export function paddedTextOf(bytes: Uint8Array, from: number, to: number): string {
  let end = from;
  while (end < to && bytes[end] !== 0) end++;
  return end === from ? '' : latin1Slice.call(bytes, from, end);
}
