import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, maxBy, RED_FROM_1, row, stat, top10 } from './panels.ts';

/** The venue as its members and its risk officers see it: orders, trades, profit, refusals, spreads, quality of execution. */
export function venueDashboard(): DashboardBuilder {
  return dashboard(
    'venue',
    'Venue',
    'Orders, trades, profit and loss, refusals, spreads and quality of execution',
    row(
      'Now',
      stat('Venue', '1 while it takes orders', 'short', '1 - hive:venue_down', {
        warning: 1,
        critical: 0.5,
        isFalling: true,
      }),
      stat('Orders', 'Taken, replaced and refused, a second', 'ops', 'hive:orders:rate1m'),
      stat('Trades', 'A second', 'ops', 'hive:trades:rate1m'),
      stat('Open orders', 'In all books', 'short', 'max(hive_open_orders)'),
      stat('Refused', 'Share of the orders of 5 minutes', 'percentunit', 'hive:rejects:ratio5m', {
        warning: 0.1,
        critical: 0.2,
      }),
      stat('Kill switches', 'That are on', 'short', 'sum(max by (scope) (hive_kill_switch))', RED_FROM_1),
    ),
    row(
      'Flow',
      graph(
        'Orders',
        'What became of orders, a second',
        'ops',
        maxBy('event', 'rate(hive_orders_total[$__rate_interval])'),
      ),
      graph(
        'Trades',
        'By instrument, a second',
        'ops',
        top10(maxBy('symbol', 'rate(hive_trades_total[$__rate_interval])')),
      ),
      graph(
        'Traded value',
        'In units of the quote asset, a second',
        'short',
        top10(maxBy('symbol', 'rate(hive_traded_value_total[$__rate_interval])')),
      ),
      graph('Refusals', 'By code of docs/rejects.md, a second', 'ops', {
        expr: 'topk(10, max by (code) (rate(hive_rejects_total[$__rate_interval])) > 0)',
        name: '{{code}}',
      }),
      graph(
        'Reports and open orders',
        'Reports to users a second; orders that rest',
        'short',
        { expr: 'max(rate(hive_reports_total[$__rate_interval]))', name: 'reports/s' },
        { expr: 'max(hive_open_orders)', name: 'open orders' },
      ),
      graph('Phases', '1 for the phase that an instrument is in, where it is not Continuous', 'short', {
        expr: 'max by (symbol, phase) (hive_instrument_phase{phase!="Continuous"}) > 0',
        name: '{{symbol}} {{phase}}',
      }),
    ),
    row(
      'Profit and risk',
      graph(
        'Realised profit',
        'By account and asset; "venue" is the fees that it took',
        'short',
        maxBy('account, asset', 'hive_pnl_realised'),
      ),
      graph(
        'Unrealised profit',
        'Of what is held, at the middle of the book',
        'short',
        maxBy('account, asset', 'hive_pnl_unrealised'),
      ),
      graph(
        'Anomaly of profit',
        'Robust standard deviations of the newest change from the usual',
        'short',
        maxBy('account', 'hive_pnl_anomaly_score'),
      ),
      graph(
        'Uncovered losses',
        'What customers owe beyond their balances, by asset',
        'short',
        maxBy('asset', 'hive_uncovered_losses'),
      ),
      graph(
        'Use of limits',
        'The accounts with the least headroom',
        'percentunit',
        top10(maxBy('account, limit', 'hive_limit_use_ratio')),
      ),
      graph(
        'Orders for each trade',
        'By account, in 5 minutes',
        'short',
        top10(maxBy('account', 'hive_order_to_trade_ratio')),
      ),
      graph(
        'Market timing',
        'How late planned ends of phases were',
        's',
        maxBy('symbol', 'hive_market_timing_offset_seconds'),
      ),
    ),
    row(
      'Quality of execution',
      graph('Quoted spread', 'Best ask minus best bid', 'short', maxBy('symbol', 'hive_book_spread_ticks')),
      graph(
        'Effective and realised spread',
        'Twice the distance of trades from the middle of the book: at once, and 5 seconds later',
        'short',
        { expr: 'max by (symbol) (hive_effective_spread_ticks)', name: '{{symbol}} effective' },
        { expr: 'max by (symbol) (hive_realised_spread_ticks)', name: '{{symbol}} realised' },
      ),
      graph(
        'Price improvement',
        "Ticks better than the taker's limit",
        'short',
        maxBy('symbol', 'hive_price_improvement_ticks'),
      ),
      graph(
        'Fill ratio',
        'Quantity traded for each quantity ordered',
        'percentunit',
        maxBy('symbol', 'hive_fill_ratio'),
      ),
      graph(
        'Time to fill',
        'From accepting an order until all of it had traded',
        's',
        {
          expr: 'histogram_quantile(0.5, max by (symbol, le) (rate(hive_time_to_fill_seconds_bucket[$__rate_interval])))',
          name: '{{symbol}} P50',
        },
        {
          expr: 'histogram_quantile(0.9, max by (symbol, le) (rate(hive_time_to_fill_seconds_bucket[$__rate_interval])))',
          name: '{{symbol}} P90',
        },
      ),
    ),
  );
}
