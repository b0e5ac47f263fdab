import type { Level } from './verdict.ts';

/** A level as a shape: a circle with a tick, a triangle, a square with a cross. */
export function LevelMark({
  level,
  size = 12,
}: {
  readonly level: Level | 'unknown';
  readonly size?: number;
}) {
  return (
    <svg className={`level-mark ${level}`} viewBox="0 0 12 12" width={size} height={size} aria-hidden="true">
      <MarkPaths level={level} />
    </svg>
  );
}

/** The same within another drawing, 12 wide. */
export function MarkPaths({ level }: { readonly level: Level | 'unknown' }) {
  if (level === 'good')
    return (
      <>
        <circle cx="6" cy="6" r="6" className="mark-shape" />
        <path d="M3.2 6.2l2 2 3.6-4" className="mark-sign" />
      </>
    );
  if (level === 'warn')
    return (
      <>
        <path d="M6 .4L12 11.6H0z" className="mark-shape" />
        <path d="M6 4.4v3.2M6 9v.9" className="mark-sign" />
      </>
    );
  if (level === 'bad')
    return (
      <>
        <rect width="12" height="12" rx="1.5" className="mark-shape" />
        <path d="M3.3 3.3l5.4 5.4M8.7 3.3L3.3 8.7" className="mark-sign" />
      </>
    );
  return <circle cx="6" cy="6" r="5" className="mark-outline" />;
}
