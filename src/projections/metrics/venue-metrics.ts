import type { FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { MetricsRegistry } from './registry.ts';
export class VenueMetrics implements FollowingSink {
  onEvents(_w: WordBuffer, _f: number, _t: number): void {}
  onRestart(): void {}
  onImage(): void {}
  addSamples(_r: MetricsRegistry): void {}
}
