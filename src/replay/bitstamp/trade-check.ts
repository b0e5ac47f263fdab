import { ReplayLimits } from '../replay-limits.ts';
import type { ReplayTallies } from '../replay-report.ts';

interface Print {
  readonly timeMs: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
}

/** Looks for each trade message of a wire log among the executions that its order rows imply. */
export class TradeCheck {
  declare private readonly tallies: ReplayTallies;
  declare private trades: Print[];
  declare private executions: Print[];

  constructor(tallies: ReplayTallies) {
    this.tallies = tallies;
    this.trades = [];
    this.executions = [];
  }

  onTrade(timeMs: number, priceTicks: number, qtyLots: number): void {
    this.#meet({ timeMs, priceTicks, qtyLots }, this.executions, this.trades);
  }

  onExecution(timeMs: number, priceTicks: number, qtyLots: number): void {
    this.#meet({ timeMs, priceTicks, qtyLots }, this.trades, this.executions);
  }

  /** Gives up what is older than the limit at `nowMs`; infinity gives up everything. */
  expire(nowMs: number): void {
    const oldest = nowMs - ReplayLimits.BITSTAMP_TRADE_MS;
    while (this.trades.length > 0 && this.trades[0].timeMs < oldest) {
      this.trades.shift();
      this.tallies.tradesUnmatched++;
    }
    while (this.executions.length > 0 && this.executions[0].timeMs < oldest) this.executions.shift();
  }

  #meet(print: Print, others: Print[], own: Print[]): void {
    const at = others.findIndex(
      ({ priceTicks, qtyLots }) => priceTicks === print.priceTicks && qtyLots === print.qtyLots,
    );
    if (at < 0) {
      own.push(print);
      return;
    }
    others.splice(at, 1);
    this.tallies.tradesMatched++;
  }
}
