/**
 * Columns of the file: the fields of table 2 of the annex of (EU) 2017/580 by their numbers, and what of the log belongs to them. A column that no order
 * of this venue can fill stays, empty, so that a field is where its number says.
 */
export const COLUMNS = [
  'f01_member',
  'f02_dea',
  'f03_client',
  'f04_investment_decision',
  'f04_decided_by',
  'f05_execution_decision',
  'f05_decided_by',
  'f06_broker',
  'f07_capacity',
  'f08_liquidity_provision',
  'f09_time',
  'f10_validity',
  'f11_restriction',
  'f12_validity_time',
  'f13_priority_time',
  'f14_priority_size',
  'f15_sequence',
  'f16_segment_mic',
  'f17_order_book',
  'f18_isin',
  'f19_received',
  'f20_order',
  'f21_event',
  'f22_order_type',
  'f23_order_class',
  'f24_limit_price',
  'f25_additional_limit_price',
  'f26_stop_price',
  'f27_pegged_limit_price',
  'f28_transaction_price',
  'f29_price_currency',
  'f30_leg2_currency',
  'f31_price_notation',
  'f32_side',
  'f33_status',
  'f34_quantity_notation',
  'f35_quantity_currency',
  'f36_initial_quantity',
  'f37_remaining_quantity',
  'f38_displayed_quantity',
  'f39_traded_quantity',
  'f40_minimum_acceptable_quantity',
  'f41_minimum_executable_size',
  'f42_first_execution_only',
  'f43_passive_only',
  'f44_passive_aggressive',
  'f45_self_execution_prevention',
  'f46_strategy',
  'f47_routing',
  'f48_transaction',
  'f49_phase',
  'f50_indicative_price',
  'f51_indicative_volume',
  'log_sequence',
  'client_order',
  'replaced_order',
  'reason',
] as const;
export type Column = (typeof COLUMNS)[number];

/** What a record says, by column; a column that is not there is empty. */
export type OrderRow = { readonly [Name in Column]?: string };

/** The cells of a row in the order of the columns. */
export function cellsOf(row: OrderRow): string[] {
  return COLUMNS.map((column) => row[column] ?? '');
}
