import { type ArchiveAnswerOf, type LimitUse, type RiskRecord, roomOf } from '#domain/history.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { MetricsRegistry } from '#projections/metrics/registry.ts';
import type { VenueMetrics } from '#projections/metrics/venue-metrics.ts';

/** Samples at most, and so accounts that are asked for: each of the highest shares belongs to one of so many accounts with the least headroom. */
export const LIMIT_USES_MAX = 20;

interface Share {
  readonly account: string;
  readonly limit: string;
  readonly ratio: number;
}

/** How much of their limits the accounts nearest to one have used, and what accounts owe, as the archive said last. */
export class RiskSamples {
  declare private readonly assets: Pick<VenueMetrics, 'symbolOf' | 'unitsOf'>;
  declare private shares: readonly Share[];
  declare private uncovered: ArchiveAnswerOf<'risk'>['uncovered'];

  constructor(assets: Pick<VenueMetrics, 'symbolOf' | 'unitsOf'>) {
    this.assets = assets;
    this.shares = [];
    this.uncovered = [];
  }

  /** Asks the archive, which answers off the order path. @throws ArchiveRefusedError; what was known stays */
  async refresh(archive: ArchiveQueries): Promise<void> {
    const { result } = await archive.ask({ type: 'risk', limit: LIMIT_USES_MAX }, 0);
    this.uncovered = result.uncovered;
    this.shares = result.accounts
      .flatMap(sharesOf)
      .sort((a, b) => b.ratio - a.ratio)
      .slice(0, LIMIT_USES_MAX);
  }

  addSamples(registry: MetricsRegistry): void {
    for (const { ratio, account, limit } of this.shares)
      registry.set('hive_limit_use_ratio', ratio, { account, limit });
    for (const { assetId, amountMinor } of this.uncovered)
      registry.set('hive_uncovered_losses', this.assets.unitsOf(assetId, amountMinor), {
        asset: this.assets.symbolOf(assetId),
      });
  }
}

/** Limits that are not set have no share. */
function sharesOf({ accountId, limits, margin }: RiskRecord): Share[] {
  const uses: readonly (readonly [string, LimitUse | undefined])[] = [
    ['open_orders', limits.openOrders],
    ['messages_per_second', limits.messagesPerSecond],
    ['position', limits.positionLots],
    ['open_value', limits.openValueMinor],
    ['margin', margin],
  ];
  return uses.flatMap(([limit, use]) =>
    use === undefined ? [] : [{ account: String(accountId), limit, ratio: 1 - roomOf(use) }],
  );
}
