/** A bucket of a Prometheus histogram: how many were at most `le`. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/**
 * The buckets of a histogram in Prometheus' text format, ascending.
 * @param labels that its samples have
 * @param before an earlier text, whose counts do not count
 * @throws Error when there is no such histogram
 */
export function bucketsOf(
  text: string,
  name: string,
  labels: { readonly [label: string]: string },
  before = '',
): Bucket[] {
  const counts = countsOf(text, name, labels);
  if (counts.size === 0) throw new Error(`there is no histogram ${name} with ${JSON.stringify(labels)}`);
  const earlier = countsOf(before, name, labels);
  return [...counts]
    .map(([le, count]) => ({ le, count: count - (earlier.get(le) ?? 0) }))
    .sort((a, b) => a.le - b.le);
}

function countsOf(
  text: string,
  name: string,
  labels: { readonly [label: string]: string },
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [, inner, value] of text.matchAll(new RegExp(`^${name}_bucket\\{([^}]*)\\} (\\S+)`, 'gm'))) {
    const own = Object.fromEntries(
      [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, is]) => [label, is]),
    );
    if (Object.entries(labels).some(([label, is]) => own[label] !== is)) continue;
    const le = own['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(own['le']);
    counts.set(le, (counts.get(le) ?? 0) + Number(value));
  }
  return counts;
}

/** The smallest bound that at least this share is below: a histogram cannot say more without guessing. NaN when it is empty. */
export function quantile(buckets: readonly Bucket[], share: number): number {
  const total = buckets.at(-1)?.count ?? 0;
  return buckets.find(({ count }) => total > 0 && count >= share * total)?.le ?? Number.NaN;
}
