const SECOND_MS = 1_000;
/** By how much the venue's clock is ahead of the browser's, as far as answers tell. */
let aheadMs = 0;

/**
 * Takes in the time at which a node says it has answered. It has whole seconds, and was on its way: within these bounds the browser's
 * clock counts as right.
 * @param sentMs when the question was sent, by the browser's clock
 * @param date the header of the answer
 */
export function hearDate(sentMs: number, date: string | null): void {
  const secondMs = Date.parse(date ?? '');
  if (Number.isNaN(secondMs)) return;
  const least = secondMs - Date.now();
  const most = secondMs + SECOND_MS - sentMs;
  aheadMs = least > 0 ? least : Math.min(0, most);
}

/** Milliseconds since the Unix epoch by the venue's clock, whatever the browser's says. */
export function venueNowMs(): number {
  return Date.now() + aheadMs;
}
