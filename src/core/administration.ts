import type { Phase } from '#domain/commands.ts';
import {
  Attest,
  COMMAND_LAYOUTS,
  CommandType,
  Deposit,
  InstrumentKind,
  SetAccountLimits,
  SetCoreVersion,
  SetFees,
  SetKillSwitch,
  SetOrderRules,
  SetPriceControls,
} from '#domain/commands.ts';
import {
  AccountAdded,
  AccountBalance,
  AccountLimitsSet,
  AssetAdded,
  Attested,
  CommandAccepted,
  CoreVersionSet,
  FeesSet,
  InstrumentAdded,
  KillSwitchSet,
  LedgerPosted,
  OrderRulesSet,
  PostingKind,
  PriceControlsSet,
} from '#domain/events.ts';
import type { Layout } from '#domain/layout.ts';
import { allowsCommand } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { TradeCancellation } from './cancel-trade.ts';
import { CoreVersionError, isSupportedVersion } from './core-version.ts';
import type { EventWriter } from './event-writer.ts';
import type { Execution } from './execution.ts';
import type { GatewaySessions } from './gateway-sessions.ts';
import type { Identity } from './identity.ts';
import { postIncident } from './incidents.ts';
import type { MassCancellation } from './mass-cancel.ts';
import type { PhaseControl } from './phase/phase-control.ts';
import type { Refusals } from './refusals.ts';
import { byteAt, copyRow, isText } from './registry/fields.ts';
import type { CoreState } from './state.ts';

const CANCEL_ORDERS = byteAt(SetKillSwitch, 'cancelOrders');

/** By command type: the first byte of its reason, from its first byte. */
const REASON_BYTE = new Int32Array(256);
const REASON_BYTES = 64;
for (const { type, fields } of COMMAND_LAYOUTS) {
  const field = fields.find(({ name }) => name === 'reason');
  if (field !== undefined) REASON_BYTE[type] = field.word * 4;
}

/** Commands of administration, and attestations. */
export class Administration {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly execution: Execution;
  declare private readonly phaseControl: PhaseControl;
  declare private readonly massCancellation: MassCancellation;
  declare private readonly tradeCancellation: TradeCancellation;
  declare private readonly refusals: Refusals;
  declare private readonly identity: Identity;
  declare private readonly gatewaySessions: GatewaySessions;

  constructor(
    state: CoreState,
    writer: EventWriter,
    execution: Execution,
    phaseControl: PhaseControl,
    massCancellation: MassCancellation,
    tradeCancellation: TradeCancellation,
    refusals: Refusals,
    identity: Identity,
    gatewaySessions: GatewaySessions,
  ) {
    this.state = state;
    this.writer = writer;
    this.execution = execution;
    this.phaseControl = phaseControl;
    this.massCancellation = massCancellation;
    this.tradeCancellation = tradeCancellation;
    this.refusals = refusals;
    this.identity = identity;
    this.gatewaySessions = gatewaySessions;
  }

  /**
   * Applies a command of administration, of the operator or a user whose role allows it, and returns how it was answered.
   * @throws CoreVersionError
   */
  apply(type: CommandType, words: WordBuffer, offset: number): number {
    let code = this.#authorize(type, words, offset);
    if (code === ACCEPTED && !isText(words.u8, offset * 4 + REASON_BYTE[type], REASON_BYTES)) {
      code = RejectCode.MALFORMED_COMMAND;
    }
    if (code === ACCEPTED) code = this.#dispatch(type, words, offset);
    if (code !== ACCEPTED) {
      this.refusals.refuse(type, code, words, offset, 0);
      return code;
    }
    const { type: event, words: size } = CommandAccepted;
    const at = this.writer.begin(event, size, words.i32[offset + 2], words.i32[offset + 1], 0);
    const { i32 } = this.writer.words;
    i32[at + CommandAccepted.at.commandType] = type;
    i32[at + CommandAccepted.at.clientOrderId] = words.i32[offset + 3];
    return ACCEPTED;
  }

  #authorize(type: CommandType, words: WordBuffer, offset: number): number {
    const { users } = this.state;
    const userId = words.i32[offset + 1];
    if (userId === 0) return ACCEPTED;
    const row = users.rowOf(userId);
    const isOwn = row !== -1 && this.identity.isOwn(type, words, offset);
    return row !== -1 && allowsCommand(users.actions(row), type, isOwn) ? ACCEPTED : users.refusalOf(userId);
  }

  #dispatch(type: CommandType, words: WordBuffer, offset: number): number {
    const state = this.state;
    switch (type) {
      case CommandType.AddAsset: {
        const code = state.assets.add(words, offset);
        if (code === ACCEPTED) this.writeAsset(state.assets.count - 1);
        return code;
      }
      case CommandType.AddInstrument:
        return this.#addInstrument(words, offset);
      case CommandType.AddAccount: {
        const code = state.accounts.add(words, offset);
        if (code === ACCEPTED) this.writeAccount(state.accounts.count - 1);
        return code;
      }
      case CommandType.Deposit:
      case CommandType.Withdraw:
        return this.#moveMoney(type, words, offset);
      case CommandType.SetAccountLimits:
        return this.#setLimits(words, offset);
      case CommandType.SetPhase:
        return this.phaseControl.setPhase(words, offset);
      case CommandType.SetSchedule:
        return this.phaseControl.setSchedule(words, offset);
      case CommandType.SetKillSwitch:
        return this.#setKillSwitch(words, offset);
      case CommandType.SetCoreVersion:
        return this.#setCoreVersion(words, offset);
      case CommandType.CancelOrdersOfOthers:
        return this.massCancellation.ofOthers(words, offset);
      case CommandType.SetPriceControls:
        return this.#setPriceControls(words, offset);
      case CommandType.SetFees:
        return this.#setFees(words, offset);
      case CommandType.SetOrderRules:
        return this.#setOrderRules(words, offset);
      case CommandType.CancelTrade:
        return this.tradeCancellation.cancel(words, offset);
      case CommandType.EndSession:
        return this.gatewaySessions.end(words, offset);
      case CommandType.PostIncident:
        return postIncident(this.writer, words, offset);
      default:
        return this.identity.apply(type, words, offset);
    }
  }

  #begin(layout: Layout, instrumentId: number): number {
    return this.writer.begin(layout.type, layout.words, instrumentId, 0, 0);
  }

  #addInstrument(words: WordBuffer, offset: number): number {
    const { instruments, phases } = this.state;
    const code = instruments.add(words, offset);
    if (code !== ACCEPTED) return code;
    const row = instruments.count - 1;
    phases.add(instruments.initialPhase(row) as Phase);
    this.state.addBook(this.execution);
    this.writeInstrument(row);
    return ACCEPTED;
  }

  #moveMoney(type: CommandType, words: WordBuffer, offset: number): number {
    const { ledger, requestIds } = this.state;
    const hasRequestId = words.i32[offset + Deposit.at.requestId] !== 0;
    // Before what only a fresh request is asked for: a repeat of what emptied the account must not hear of its funds.
    if (hasRequestId && ledger.checkPosting(words, offset) === ACCEPTED && this.#isRepeat(words, offset)) {
      return RejectCode.DUPLICATE_REQUEST_ID;
    }
    const isDeposit = type === CommandType.Deposit;
    const code = isDeposit ? ledger.deposit(words, offset) : ledger.withdraw(words, offset);
    if (code !== ACCEPTED) return code;
    if (hasRequestId) requestIds.add();
    this.#writePosting(isDeposit ? PostingKind.Deposit : PostingKind.Withdrawal, words, offset);
    return ACCEPTED;
  }

  /** Whether the sender's request id was used. If not, it is at hand for `requestIds.add`. */
  #isRepeat({ i32 }: WordBuffer, offset: number): boolean {
    const { users, requestIds } = this.state;
    return requestIds.has(users.rowOf(i32[offset + 1]), i32, offset + Deposit.at.requestId);
  }

  #writePosting(kind: PostingKind, words: WordBuffer, offset: number): void {
    const { ledger } = this.state;
    const at = this.#begin(LedgerPosted, 0);
    const { i32, f64 } = this.writer.words;
    f64[(at + LedgerPosted.at.amountMinor) >> 1] = ledger.postedAmountMinor;
    f64[(at + LedgerPosted.at.balanceMinor) >> 1] = ledger.postedBalanceMinor;
    i32[at + LedgerPosted.at.accountId] = words.i32[offset + Deposit.at.accountId];
    i32[at + LedgerPosted.at.assetId] = words.i32[offset + Deposit.at.assetId];
    i32[at + LedgerPosted.at.kind] = kind;
  }

  #setLimits(words: WordBuffer, offset: number): number {
    const code = this.state.risk.setLimits(words, offset);
    if (code !== ACCEPTED) return code;
    const at = this.#begin(AccountLimitsSet, 0);
    this.writer.words.i32[at + AccountLimitsSet.at.accountId] =
      words.i32[offset + SetAccountLimits.at.accountId];
    return ACCEPTED;
  }

  #setPriceControls(words: WordBuffer, offset: number): number {
    const { instruments } = this.state;
    const code = instruments.setPriceControls(words, offset);
    if (code !== ACCEPTED) return code;
    const instrumentId = words.i32[offset + SetPriceControls.at.instrumentId];
    const row = instruments.rowOf(instrumentId);
    this.state.setBands(row);
    const at = this.#begin(PriceControlsSet, instrumentId);
    const { i32 } = this.writer.words;
    i32[at + PriceControlsSet.at.collarPpm] = instruments.collarPpm(row);
    i32[at + PriceControlsSet.at.marketProtectionPpm] = instruments.marketProtectionPpm(row);
    i32[at + PriceControlsSet.at.staticBandPpm] = instruments.staticBandPpm(row);
    i32[at + PriceControlsSet.at.dynamicBandPpm] = instruments.dynamicBandPpm(row);
    i32[at + PriceControlsSet.at.volatilityAuctionSeconds] = instruments.volatilityAuctionSeconds(row);
    return ACCEPTED;
  }

  #setFees(words: WordBuffer, offset: number): number {
    const { instruments, books } = this.state;
    // Those of margined instruments hold nothing for fees.
    const hasOpenBuys = (row: number): boolean =>
      instruments.kind(row) === InstrumentKind.Spot && books[row].hasBuys;
    const code = instruments.setFees(words, offset, hasOpenBuys);
    if (code !== ACCEPTED) return code;
    const instrumentId = words.i32[offset + SetFees.at.instrumentId];
    const at = this.#begin(FeesSet, instrumentId);
    const { i32 } = this.writer.words;
    i32[at + FeesSet.at.makerFeePpm] = words.i32[offset + SetFees.at.makerFeePpm];
    i32[at + FeesSet.at.takerFeePpm] = words.i32[offset + SetFees.at.takerFeePpm];
    return ACCEPTED;
  }

  #setOrderRules(words: WordBuffer, offset: number): number {
    const { instruments } = this.state;
    const code = instruments.setOrderRules(words, offset);
    if (code !== ACCEPTED) return code;
    const instrumentId = words.i32[offset + SetOrderRules.at.instrumentId];
    const at = this.#begin(OrderRulesSet, instrumentId);
    this.writer.words.i32[at + OrderRulesSet.at.regulatoryFields] = instruments.regulatoryFields(
      instruments.rowOf(instrumentId),
    );
    return ACCEPTED;
  }

  #setKillSwitch(words: WordBuffer, offset: number): number {
    const code = this.state.risk.setKillSwitch(words, offset);
    if (code !== ACCEPTED) return code;
    const at = this.#begin(KillSwitchSet, words.i32[offset + 2]);
    const { i32 } = this.writer.words;
    i32[at + KillSwitchSet.at.scope] = words.i32[offset + SetKillSwitch.at.scope] & 0xffff;
    i32[at + KillSwitchSet.at.scopeId] = words.i32[offset + SetKillSwitch.at.scopeId];
    if (words.u8[offset * 4 + CANCEL_ORDERS] === 1) this.massCancellation.killed(words, offset);
    return ACCEPTED;
  }

  /**
   * Whether it is refused depends on the log alone, never on what this build has: answers are part of the state that nodes
   * of all builds share. The next version cannot be answered without its rules.
   * @throws CoreVersionError
   */
  #setCoreVersion(words: WordBuffer, offset: number): number {
    const { state } = this;
    const version = words.i32[offset + SetCoreVersion.at.version];
    const isNext = version === state.coreVersion + 1;
    if (!isNext && version !== state.coreVersion) return RejectCode.UNSUPPORTED_CORE_VERSION;
    if (!isSupportedVersion(version)) throw new CoreVersionError(version, state.sequence);
    state.coreVersion = version;
    this.writeCoreVersion();
    return ACCEPTED;
  }

  attest(words: WordBuffer, offset: number): void {
    const at = this.#begin(Attested, 0);
    const { i32, f64 } = this.writer.words;
    f64[(at + Attested.at.attestedSequence) >> 1] = words.f64[(offset + Attest.at.attestedSequence) >> 1];
    i32[at + Attested.at.nodeId] = words.i32[offset + Attest.at.nodeId];
    i32[at + Attested.at.stateHashHigh] = words.i32[offset + Attest.at.stateHashHigh];
    i32[at + Attested.at.stateHashLow] = words.i32[offset + Attest.at.stateHashLow];
  }

  writeCoreVersion(): void {
    const at = this.#begin(CoreVersionSet, 0);
    this.writer.words.i32[at + CoreVersionSet.at.version] = this.state.coreVersion;
  }

  writeAsset(row: number): void {
    const { assets } = this.state;
    const at = this.#begin(AssetAdded, 0);
    const { i32 } = this.writer.words;
    i32[at + AssetAdded.at.assetId] = assets.assetId[row];
    i32[at + AssetAdded.at.decimals] = assets.decimals[row];
    copyRow(i32, at + AssetAdded.at.symbol, assets.symbol, row, 2);
  }

  writeAccount(row: number): void {
    const at = this.#begin(AccountAdded, 0);
    this.writer.words.i32[at + AccountAdded.at.accountId] = this.state.accounts.accountId(row);
  }

  writeBalance(row: number): void {
    const { accounts, assets, ledger } = this.state;
    const { balances } = ledger;
    const at = this.#begin(AccountBalance, 0);
    const { i32, f64 } = this.writer.words;
    f64[(at + AccountBalance.at.balanceMinor) >> 1] = balances.totalMinor(row);
    f64[(at + AccountBalance.at.heldMinor) >> 1] = balances.heldMinor(row);
    f64[(at + AccountBalance.at.marginMinor) >> 1] = balances.marginMinor(row);
    i32[at + AccountBalance.at.accountId] = accounts.accountId(balances.accountRow(row));
    i32[at + AccountBalance.at.assetId] = assets.assetId[balances.assetRow(row)];
  }

  writeInstrument(row: number): void {
    const { instruments, assets, phases } = this.state;
    const at = this.#begin(InstrumentAdded, instruments.instrumentId(row));
    const { i32, f64 } = this.writer.words;
    const base = instruments.baseAssetRow(row);
    i32[at + InstrumentAdded.at.kind] =
      instruments.kind(row) |
      (instruments.priceDecimals(row) << 8) |
      (instruments.qtyDecimals(row) << 16) |
      (phases.phase[row] << 24);
    i32[at + InstrumentAdded.at.baseAssetId] = base === -1 ? 0 : assets.assetId[base];
    i32[at + InstrumentAdded.at.quoteAssetId] = assets.assetId[instruments.quoteAssetRow(row)];
    copyRow(i32, at + InstrumentAdded.at.symbol, instruments.symbol, row, 2);
    i32[at + InstrumentAdded.at.tickSize] = instruments.tickSize(row);
    i32[at + InstrumentAdded.at.lotSize] = instruments.lotSize(row);
    f64[(at + InstrumentAdded.at.valueNumerator) >> 1] = instruments.valueNumerator(row);
    f64[(at + InstrumentAdded.at.valueDenominator) >> 1] = instruments.valueDenominator(row);
    f64[(at + InstrumentAdded.at.minQtyLots) >> 1] = instruments.minQtyLots(row);
    f64[(at + InstrumentAdded.at.maxQtyLots) >> 1] = instruments.maxQtyLots(row);
    f64[(at + InstrumentAdded.at.lotBaseMinor) >> 1] = instruments.lotBaseMinor(row);
    f64[(at + InstrumentAdded.at.initialMarginMinor) >> 1] = instruments.initialMarginMinor(row);
    i32[at + InstrumentAdded.at.makerFeePpm] = instruments.makerFeePpm(row);
    i32[at + InstrumentAdded.at.takerFeePpm] = instruments.takerFeePpm(row);
    i32[at + InstrumentAdded.at.collarPpm] = instruments.collarPpm(row);
    i32[at + InstrumentAdded.at.marketProtectionPpm] = instruments.marketProtectionPpm(row);
    i32[at + InstrumentAdded.at.staticBandPpm] = instruments.staticBandPpm(row);
    i32[at + InstrumentAdded.at.dynamicBandPpm] = instruments.dynamicBandPpm(row);
    i32[at + InstrumentAdded.at.volatilityAuctionSeconds] = instruments.volatilityAuctionSeconds(row);
    i32[at + InstrumentAdded.at.referencePriceTicks] = instruments.referencePriceTicks(row);
    i32[at + InstrumentAdded.at.selfTradePrevention] =
      instruments.selfTradePrevention(row) | (instruments.regulatoryFields(row) << 8);
  }
}
