const UNITS: { readonly [unit: string]: number } = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SIZE = /^(\d{1,9}(?:\.\d{1,3})?) ?([MGT]i?B)$/;

/** Whole bytes of a size as people write it: `500MB`, `1.5 TB`, `64GiB`. Undefined for anything else, and from 2^53 on. */
export function parseByteSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const bytes = Math.round(Number(match[1]) * UNITS[match[2]]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A number of bytes for people, to three digits: `0 MB`, `12.3 MB`, `1.50 TB`. */
export function formatByteSize(bytes: number): string {
  const unit = bytes >= 999.5e9 ? 'TB' : bytes >= 999.5e6 ? 'GB' : 'MB';
  const number = bytes / UNITS[unit];
  const decimals = number >= 99.95 || number === 0 ? 0 : number >= 9.995 ? 1 : 2;
  return `${number.toFixed(decimals)} ${unit}`;
}
