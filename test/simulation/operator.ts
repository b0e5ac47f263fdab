import type { CommandInput } from '#codec/log/record-types.ts';
import { decodeOutbound } from '#codec/ouch/plain.ts';
import { cancelsOf, drawFees, type ToldReports } from '../support/operations.ts';
import type { SimulatedClient } from './client.ts';

/** How many of each client's newest reports an operator looks through for trades. */
const REPORTS_SEEN = 60;

/** What an operator does next: pays in, sets fees, or takes back a trade of a moment ago, be it for the second time. */
export function drawOperation(random: () => number, clients: readonly SimulatedClient[]): CommandInput {
  const kind = random();
  if (kind < 0.2) return drawFees(random);
  const cancels = kind < 0.5 ? cancelsOf(clients.map(newestOf)) : [];
  if (cancels.length > 0) return cancels[Math.floor(random() * cancels.length)];
  return {
    type: 'Deposit',
    accountId: 1 + Math.floor(random() * clients.length),
    assetId: 1 + Math.floor(random() * 2),
    amountMinor: 1 + Math.floor(random() * 1_000),
  };
}

function newestOf({ userId, reports }: SimulatedClient): ToldReports {
  const from = Math.max(1, reports.length - REPORTS_SEEN);
  return {
    userId,
    reports: reports
      .slice(from)
      .map((bytes, index) => ({ ...decodeOutbound(bytes), sequenceNumber: from + index })),
  };
}
