import { useEffect, useState } from 'react';
import { durationText } from '../../lib/format.ts';

const SECOND_MS = 1_000;

/** How long it is until a time, each second anew. */
export function Countdown({
  until,
  text = (left) => left,
}: {
  readonly until: string;
  readonly text?: (left: string) => string;
}) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return <span>{text(durationText(Date.parse(until) - now))}</span>;
}
