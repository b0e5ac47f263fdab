import { AUCTIONS } from './auctions.ts';
import { BANDS } from './bands.ts';
import { CONFIGURATION } from './configuration.ts';
import { CREDENTIALS } from './credentials.ts';
import { FEES } from './fees.ts';
import { FUNDS } from './funds.ts';
import { ICEBERGS, REPLACES } from './icebergs.ts';
import { INCIDENTS } from './incidents.ts';
import { KILL_SWITCHES } from './kill-switches.ts';
import { LAST_ADMIN } from './last-admin.ts';
import { MASS_CANCELS } from './mass-cancels.ts';
import { OCO } from './oco.ts';
import { ORDERS } from './orders.ts';
import { PHASES } from './phases.ts';
import { REQUESTS } from './requests.ts';
import { RISK_LIMITS } from './risk-limits.ts';
import { ROLES } from './roles.ts';
import type { Scenario } from './scenario.ts';
import { SELF_TRADE } from './self-trade.ts';
import { SESSIONS } from './sessions.ts';
import { STOPS } from './stops.ts';
import { TAGS } from './tags.ts';
import { TERMS } from './terms.ts';
import { TRADE_CANCELS } from './trade-cancels.ts';

/** Every scenario of docs/matching.md. */
export const SCENARIOS: readonly Scenario[] = [
  ...ORDERS,
  ...TERMS,
  ...TAGS,
  ...SELF_TRADE,
  ...ICEBERGS,
  ...REPLACES,
  ...STOPS,
  ...OCO,
  ...BANDS,
  ...AUCTIONS,
  ...PHASES,
  ...MASS_CANCELS,
  ...KILL_SWITCHES,
  ...RISK_LIMITS,
  ...FUNDS,
  ...FEES,
  ...CONFIGURATION,
  ...REQUESTS,
  ...ROLES,
  ...CREDENTIALS,
  ...LAST_ADMIN,
  ...SESSIONS,
  ...INCIDENTS,
  ...TRADE_CANCELS,
];
