import { Side } from '#domain/commands.ts';
import { AuctionIndicative, EventType, PhaseChanged } from '#domain/events.ts';
import type { EventWriter } from '../event-writer.ts';

export function writePhaseChanged(
  writer: EventWriter,
  instrumentId: number,
  phase: number,
  previousPhase: number,
  nextPhase: number,
  endSeconds: number,
): void {
  const at = writer.begin(EventType.PhaseChanged, PhaseChanged.words, instrumentId, 0, 0);
  const { i32 } = writer.words;
  i32[at + PhaseChanged.at.phase] = phase | (previousPhase << 8) | (nextPhase << 16);
  i32[at + PhaseChanged.at.endSeconds] = endSeconds;
}

/** @param surplusLots positive: more to buy; negative: more to sell */
export function writeIndicative(
  writer: EventWriter,
  instrumentId: number,
  phase: number,
  priceTicks: number,
  qtyLots: number,
  surplusLots: number,
): void {
  const at = writer.begin(EventType.AuctionIndicative, AuctionIndicative.words, instrumentId, 0, 0);
  const { i32, f64 } = writer.words;
  const surplusSide = surplusLots > 0 ? Side.Buy : surplusLots < 0 ? Side.Sell : 0;
  f64[(at + AuctionIndicative.at.qtyLots) >> 1] = qtyLots;
  f64[(at + AuctionIndicative.at.surplusQtyLots) >> 1] = Math.abs(surplusLots);
  i32[at + AuctionIndicative.at.priceTicks] = priceTicks;
  i32[at + AuctionIndicative.at.surplusSide] = surplusSide | (phase << 8);
}
