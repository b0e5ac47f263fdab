import { numberOf } from '../../lib/decimal.ts';

/** How much room is left, as a bar. The number stands beside it. */
export function Meter({ share, room }: { readonly share: string; readonly room: string }) {
  const width = Math.max(0, Math.min(1, numberOf(share))) * 48;
  return (
    <svg className={`meter ${room}`} viewBox="0 0 48 8" width="48" height="8" aria-hidden="true">
      <rect className="meter-rail" width="48" height="8" />
      <rect className="meter-fill" width={width} height="8" />
    </svg>
  );
}
