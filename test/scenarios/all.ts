import { AUCTIONS, BANDS, PHASES } from './auctions.ts';
import { ICEBERGS, REPLACES } from './icebergs.ts';
import { CREDENTIALS, INCIDENTS, ROLES, SESSIONS } from './identity.ts';
import { LAST_ADMIN } from './last-admin.ts';
import { MASS_CANCELS, RISK } from './operations.ts';
import { ORDERS, TERMS } from './orders.ts';
import { REQUESTS } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { SELF_TRADE } from './self-trade.ts';
import { OCO, STOPS } from './stops.ts';
import { TAGS } from './tags.ts';

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
  ...RISK,
  ...REQUESTS,
  ...ROLES,
  ...CREDENTIALS,
  ...LAST_ADMIN,
  ...SESSIONS,
  ...INCIDENTS,
];
