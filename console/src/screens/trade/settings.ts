import { Preference } from '../../lib/preferences.ts';

/** How the user likes to trade. */
export interface TradeSettings {
  /** Asked before an order of the ticket is sent. */
  readonly confirmOrders: boolean;
  /** A click in the ladder places an order; else it fills in the ticket. */
  readonly clickToTrade: boolean;
  /** Asked before an order that a click in the ladder places. */
  readonly confirmClicks: boolean;
  readonly confirmCancelAll: boolean;
  readonly hotKeys: boolean;
}

const DEFAULTS: TradeSettings = {
  confirmOrders: false,
  clickToTrade: true,
  confirmClicks: true,
  confirmCancelAll: true,
  hotKeys: true,
};

export const settings = new Preference<TradeSettings>('trade', DEFAULTS, (kept): kept is TradeSettings => {
  if (typeof kept !== 'object' || kept === null) return false;
  return Object.keys(DEFAULTS).every((name) => typeof (kept as Record<string, unknown>)[name] === 'boolean');
}).shared();
