const NEW_YORK = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/**
 * Seconds from the Unix epoch to midnight in New York, where US recordings count their time from.
 * @param date YYYY-MM-DD; 0 comes back for what is no date
 */
export function midnightInNewYork(date: string): number {
  const utcMs = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(utcMs)) return 0;
  // New York is four or five hours behind: at 05:00 UTC its day has begun, and no clock change has happened yet.
  const probeMs = utcMs + 5 * 3_600_000;
  const parts = Object.fromEntries(
    NEW_YORK.formatToParts(probeMs).map(({ type, value }) => [type, Number(value)]),
  );
  const localMs = Date.UTC(
    parts['year'],
    parts['month'] - 1,
    parts['day'],
    parts['hour'],
    parts['minute'],
    parts['second'],
  );
  return (utcMs - (localMs - probeMs)) / 1_000;
}
