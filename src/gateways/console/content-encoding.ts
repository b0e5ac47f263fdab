/** Compressed forms in which a file can lie beside itself, best first, and how their names end. */
export const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
export type Encoding = (typeof ENCODINGS)[number][0];

const QUALITY = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/i;

/**
 * The form to answer with: the best of `available` that the header Accept-Encoding allows (RFC 9110, section 12.5.3).
 * Undefined: the file as it is, which is always allowed here.
 */
export function encodingOf(
  header: string | undefined,
  available: (encoding: Encoding) => boolean,
): Encoding | undefined {
  if (header === undefined) return undefined;
  const qualities = new Map<string, number>();
  for (const part of header.split(',')) {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim());
    const [, quality = '1'] = QUALITY.exec(parameters.find((text) => /^q=/i.test(text)) ?? '') ?? [];
    qualities.set(coding.toLowerCase(), Number(quality));
  }
  const others = qualities.get('*') ?? 0;
  let best: Encoding | undefined;
  let bestQuality = 0;
  for (const [encoding] of ENCODINGS) {
    const quality = qualities.get(encoding) ?? others;
    if (quality <= bestQuality || !available(encoding)) continue;
    best = encoding;
    bestQuality = quality;
  }
  return best;
}
