import { useEffect, useState } from 'react';
import { durationText } from '../../lib/format.ts';
import { venueNowMs } from '../../lib/venue-clock.ts';

const SECOND_MS = 1_000;

/** How long it is until a time, each second anew. */
export function Countdown({
  until,
  text = (left) => left,
}: {
  readonly until: string;
  readonly text?: (left: string) => string;
}) {
  const [now, setNow] = useState(venueNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(venueNowMs()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return <span>{text(durationText(Date.parse(until) - now))}</span>;
}
