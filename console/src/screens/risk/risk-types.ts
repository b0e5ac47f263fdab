import type { RiskJson } from '#codec/json/risk-json.ts';

export type RiskAccount = RiskJson['items'][number];
export type LimitUse = RiskAccount['limits'][number];
