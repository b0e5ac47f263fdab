import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, row, stat } from './panels.ts';

/** The venue as its members and its risk officers see it: orders, trades, profit, refusals, spreads, quality of execution. */
export function venueDashboard(): DashboardBuilder {
  return dashboard(
    'venue',
    'Venue',
    'Orders, trades, profit and loss, refusals, spreads and quality of execution',
  )
    .withRow(row('Now'))
    .withPanel(
      stat('Venue', '1 while it takes orders', 'short', '1 - hive:venue_down', {
        warning: 1,
        critical: 0.5,
        isFalling: true,
      }),
    )
    .withPanel(stat('Orders', 'Taken, replaced and refused, a second', 'ops', 'hive:orders:rate1m'))
    .withPanel(stat('Trades', 'A second', 'ops', 'hive:trades:rate1m'))
    .withPanel(stat('Open orders', 'In all books', 'short', 'max(hive_open_orders)'))
    .withPanel(
      stat('Refused', 'Share of the orders of 5 minutes', 'percentunit', 'hive:rejects:ratio5m', {
        warning: 0.1,
        critical: 0.2,
      }),
    )
    .withPanel(
      stat('Kill switches', 'That are on', 'short', 'sum(max by (scope) (hive_kill_switch))', {
        warning: 1,
        critical: 1,
      }),
    )
    .withRow(row('Flow'))
    .withPanel(
      graph('Orders', 'What became of orders, a second', 'ops', {
        expr: 'max by (event) (rate(hive_orders_total[$__rate_interval]))',
        name: '{{event}}',
      }),
    )
    .withPanel(
      graph('Trades', 'By instrument, a second', 'ops', {
        expr: 'topk(10, max by (symbol) (rate(hive_trades_total[$__rate_interval])))',
        name: '{{symbol}}',
      }),
    )
    .withPanel(
      graph('Traded value', 'In units of the quote asset, a second', 'short', {
        expr: 'topk(10, max by (symbol) (rate(hive_traded_value_total[$__rate_interval])))',
        name: '{{symbol}}',
      }),
    )
    .withPanel(
      graph('Refusals', 'By code of docs/rejects.md, a second', 'ops', {
        expr: 'topk(10, max by (code) (rate(hive_rejects_total[$__rate_interval])) > 0)',
        name: '{{code}}',
      }),
    )
    .withPanel(
      graph(
        'Reports and open orders',
        'Reports to users a second; orders that rest',
        'short',
        { expr: 'max(rate(hive_reports_total[$__rate_interval]))', name: 'reports/s' },
        { expr: 'max(hive_open_orders)', name: 'open orders' },
      ),
    )
    .withPanel(
      graph('Phases', '1 for the phase that an instrument is in, where it is not Continuous', 'short', {
        expr: 'max by (symbol, phase) (hive_instrument_phase{phase!="Continuous"}) > 0',
        name: '{{symbol}} {{phase}}',
      }),
    )
    .withRow(row('Profit and risk'))
    .withPanel(
      graph('Realised profit', 'By account and asset; "venue" is the fees that it took', 'short', {
        expr: 'max by (account, asset) (hive_pnl_realised)',
        name: '{{account}} {{asset}}',
      }),
    )
    .withPanel(
      graph('Unrealised profit', 'Of what is held, at the middle of the book', 'short', {
        expr: 'max by (account, asset) (hive_pnl_unrealised)',
        name: '{{account}} {{asset}}',
      }),
    )
    .withPanel(
      graph('Anomaly of profit', 'Robust standard deviations of the newest change from the usual', 'short', {
        expr: 'max by (account) (hive_pnl_anomaly_score)',
        name: '{{account}}',
      }),
    )
    .withPanel(
      graph('Use of limits', 'The accounts with the least headroom', 'percentunit', {
        expr: 'topk(10, max by (account, limit) (hive_limit_use_ratio))',
        name: '{{account}} {{limit}}',
      }),
    )
    .withPanel(
      graph('Orders for each trade', 'By account, in 5 minutes', 'short', {
        expr: 'topk(10, max by (account) (hive_order_to_trade_ratio))',
        name: '{{account}}',
      }),
    )
    .withPanel(
      graph('Market timing', 'How late planned ends of phases were', 's', {
        expr: 'max by (symbol) (hive_market_timing_offset_seconds)',
        name: '{{symbol}}',
      }),
    )
    .withRow(row('Quality of execution'))
    .withPanel(
      graph('Quoted spread', 'Best ask minus best bid', 'short', {
        expr: 'max by (symbol) (hive_book_spread_ticks)',
        name: '{{symbol}}',
      }),
    )
    .withPanel(
      graph(
        'Effective and realised spread',
        'Twice the distance of trades from the middle of the book: at once, and 5 seconds later',
        'short',
        { expr: 'max by (symbol) (hive_effective_spread_ticks)', name: '{{symbol}} effective' },
        { expr: 'max by (symbol) (hive_realised_spread_ticks)', name: '{{symbol}} realised' },
      ),
    )
    .withPanel(
      graph('Price improvement', "Ticks better than the taker's limit", 'short', {
        expr: 'max by (symbol) (hive_price_improvement_ticks)',
        name: '{{symbol}}',
      }),
    )
    .withPanel(
      graph('Fill ratio', 'Quantity traded for each quantity ordered', 'percentunit', {
        expr: 'max by (symbol) (hive_fill_ratio)',
        name: '{{symbol}}',
      }),
    )
    .withPanel(
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
    );
}
