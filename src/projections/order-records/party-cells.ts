import { RegulatoryFlag } from '#domain/commands.ts';
import { CLIENTS, EXECUTIONS, RESERVED_CODES } from '#domain/regulatory-fields.ts';
import { type AnnexCodes, CAPACITY, namesByNumber } from './annex-codes.ts';
import { CODE_KINDS, type CodeKind, type CodeTable } from './code-table.ts';
import type { OrderRow } from './columns.ts';
import type { RecordedOrder } from './order-record.ts';
import { saysAnything } from './regulatory-fields.ts';

/** What the reserved codes of each kind mean; the others of them mean nothing. */
const RESERVED = { client: namesByNumber(CLIENTS), execution: namesByNumber(EXECUTIONS) } as const;

/** Fields 1 to 8: for whom an order is and who decided. Counts what it cannot say. */
export class PartyCells {
  declare private readonly codes: CodeTable;
  /** Cells with a code of which the table has nothing, by kind. */
  declare readonly withoutIdentification: { [Kind in CodeKind]: number };
  /** Rows of orders that were entered before what is read of the log, and of orders that said nothing. */
  declare unknownRows: number;
  declare unsaidRows: number;

  constructor(codes: CodeTable) {
    this.codes = codes;
    this.withoutIdentification = Object.fromEntries(CODE_KINDS.map((kind) => [kind, 0])) as {
      [Kind in CodeKind]: number;
    };
    this.unknownRows = 0;
    this.unsaidRows = 0;
  }

  /** @param isLive the order is there to be asked: of one that is gone the fields stand in its other records */
  of({ userId, accountId, regulatory }: RecordedOrder, isLive: boolean): OrderRow {
    const f01_member = this.#member(userId, accountId);
    const member = { f01_member };
    if (regulatory === undefined) {
      if (isLive) this.unknownRows++;
      return member;
    }
    if (!saysAnything(regulatory)) {
      this.unsaidRows++;
      return member;
    }
    const { regulatoryFlags: flags, tradingCapacity } = regulatory;
    const { clientCode, investmentDecisionCode, executionDecisionCode, nonExecutingBrokerCode } = regulatory;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const kindOf = (flag: number): 'person' | 'algorithm' => (has(flag) ? 'algorithm' : 'person');
    const decided = kindOf(RegulatoryFlag.InvestmentDecisionByAlgorithm);
    const executed = kindOf(RegulatoryFlag.ExecutionDecisionByAlgorithm);
    return {
      ...member,
      f02_dea: String(has(RegulatoryFlag.DirectElectronicAccess)),
      f03_client: this.#identification(f01_member, 'client', clientCode, RESERVED.client),
      f04_investment_decision: this.#identification(f01_member, decided, investmentDecisionCode),
      f04_decided_by: investmentDecisionCode < RESERVED_CODES ? '' : decided,
      f05_execution_decision: this.#identification(
        f01_member,
        executed,
        executionDecisionCode,
        RESERVED.execution,
      ),
      f05_decided_by: executionDecisionCode < RESERVED_CODES ? '' : executed,
      f06_broker: this.#identification(f01_member, 'broker', nonExecutingBrokerCode),
      f07_capacity: CAPACITY[tradingCapacity] ?? '',
      f08_liquidity_provision: String(has(RegulatoryFlag.LiquidityProvision)),
    };
  }

  #member(userId: number, accountId: number): string {
    const ofUser = this.codes.find('member', `user-${userId}`);
    const known = ofUser ?? (accountId === 0 ? undefined : this.codes.find('member', accountId));
    if (known !== undefined) return known;
    this.withoutIdentification.member++;
    return accountId === 0 ? `user-${userId}` : String(accountId);
  }

  #identification(member: string, kind: CodeKind, code: number, reserved: AnnexCodes = {}): string {
    if (code === 0) return '';
    const known = reserved[code] ?? this.codes.find(kind, code, member);
    if (known !== undefined) return known;
    this.withoutIdentification[kind]++;
    return String(code);
  }
}
