import { memo } from 'react';
import { strings } from '../../strings.ts';
import { type DayState, faultsOf, lastDays, type Part } from './days.ts';

const texts = strings.status;
/** Height of a day's bar of 20: states differ by shape, not by colour alone. */
const HEIGHTS: Readonly<Record<DayState, number>> = { none: 2, operational: 20, degraded: 13, outage: 7 };
const STEP = 4;
const WIDTH = 3;

/** A part's days as bars, with what they say as text. */
export const DayBars = memo(function DayBars({
  part,
  name,
  time,
  days,
}: {
  readonly part: Part;
  readonly name: string;
  readonly time: string;
  readonly days: number;
}) {
  const label = texts.barLabel(name, days, part.measuredMinutes, part.uptimePercent, faultsOf(part).length);
  return (
    <svg
      className="day-bars"
      viewBox={`0 0 ${days * STEP - 1} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {lastDays(part, time, days).map(({ day, state }, index) => (
        <rect
          key={day}
          className={state}
          x={index * STEP}
          y={20 - HEIGHTS[state]}
          width={WIDTH}
          height={HEIGHTS[state]}
        >
          <title>{`${day}: ${texts.legend[state]}`}</title>
        </rect>
      ))}
    </svg>
  );
});

/** What the bars mean. */
export function DayLegend() {
  return (
    <p className="day-legend">
      <span>{texts.legend.title}</span>
      {(['operational', 'degraded', 'outage', 'none'] as const).map((state) => (
        <span key={state} className="day-legend-item">
          <svg viewBox="0 0 3 20" width="4" height="14" aria-hidden="true" className="day-bars">
            <rect className={state} y={20 - HEIGHTS[state]} width={WIDTH} height={HEIGHTS[state]} />
          </svg>
          {texts.legend[state]}
        </span>
      ))}
    </p>
  );
}
