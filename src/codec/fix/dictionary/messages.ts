/**
 * The messages that the platform takes part in, for FIX 4.2, 4.4 and 5.0 SP2 over FIXT 1.1 at once.
 *
 * A line `name` or `msgType name` begins a block, the lines below it are its members. A member is a field's name, `!`
 * behind it: required; `@name` stands for the members of a component; `Name(…)` is a repeating group with the members of its
 * entries, the first of which begins each. Behind a member `:42`, `:44` or `:50`, several separated by commas, says which versions
 * have it so; without, all have. Behind a message's name it says which versions have the message.
 *
 * Written from the FIX specification, reduced to the fields that mean something to the platform or that counterparties
 * usually send.
 */
export const FIX_HEADER = `
BeginString! BodyLength! MsgType! SenderCompID! TargetCompID! OnBehalfOfCompID DeliverToCompID
SecureDataLen SecureData MsgSeqNum! SenderSubID SenderLocationID TargetSubID TargetLocationID
OnBehalfOfSubID OnBehalfOfLocationID DeliverToSubID DeliverToLocationID
PossDupFlag PossResend SendingTime! OrigSendingTime XmlDataLen XmlData MessageEncoding LastMsgSeqNumProcessed
OnBehalfOfSendingTime:42 NoHops(HopCompID HopSendingTime HopRefID):44,50
ApplVerID:50 CstmApplVerID:50 ApplExtID:50
`;

export const FIX_TRAILER = 'SignatureLength Signature CheckSum!';

/** Messages of the session layer. In FIX 5.0 SP2 they are those of FIXT 1.1. */
export const FIX_SESSION_MESSAGES = `
0 Heartbeat
TestReqID

1 TestRequest
TestReqID!

2 ResendRequest
BeginSeqNo! EndSeqNo!

3 Reject
RefSeqNum! RefTagID RefMsgType SessionRejectReason Text EncodedTextLen EncodedText
RefApplVerID:50 RefApplExtID:50 RefCstmApplVerID:50

4 SequenceReset
GapFillFlag NewSeqNo!

5 Logout
Text EncodedTextLen EncodedText SessionStatus:50

A Logon
EncryptMethod! HeartBtInt! RawDataLength RawData ResetSeqNumFlag NextExpectedMsgSeqNum:44,50 MaxMessageSize
NoMsgTypes(RefMsgType MsgDirection):42,44 NoMsgTypes(RefMsgType MsgDirection RefApplVerID RefApplExtID RefCstmApplVerID DefaultVerIndicator):50
TestMessageIndicator:44,50 Username:44,50 Password:44,50 NewPassword:50 SessionStatus:50
DefaultApplVerID!:50 DefaultApplExtID:50 DefaultCstmApplVerID:50 Text:50 EncodedTextLen:50 EncodedText:50
`;

/** Components: members that several messages share. */
export const FIX_COMPONENTS = `
Parties
NoPartyIDs(PartyID PartyIDSource PartyRole PartyRoleQualifier NoPartySubIDs(PartySubID PartySubIDType)):44,50

Instrument
Symbol!:42 Symbol:44,50 SymbolSfx SecurityID SecurityIDSource NoSecurityAltID(SecurityAltID SecurityAltIDSource):44,50
Product:44,50 CFICode:44,50 SecurityType SecurityExchange Issuer SecurityDesc

OrderTerms
@Parties Account AcctIDSource:44,50 AccountType:44,50 ClientID:42
NoAllocs(AllocAccount AllocQty)
SettlType SettlDate HandlInst!:42 HandlInst:44,50 ExecInst MinQty MaxFloor DisplayQty:50 ExDestination
NoTradingSessions(TradingSessionID TradingSessionSubID:44,50) @Instrument Side! LocateReqd TransactTime! QtyType:44,50
OrderQty CashOrderQty OrdType! Price StopPx Currency TimeInForce EffectiveTime ExpireDate ExpireTime
Commission CommType Rule80A:42 OrderCapacity:44,50 OrderRestrictions:44,50 CustOrderCapacity:44,50 PositionEffect MaxShow:42,44
ManualOrderIndicator:50 PreTradeAnonymity:50 OrderOrigination NoOrderAttributes(OrderAttributeType OrderAttributeValue)
SelfMatchPreventionID:50 SelfMatchPreventionInstruction PegPriceType:50 Text EncodedTextLen EncodedText
`;

/** Messages of the trading application. */
export const FIX_APPLICATION_MESSAGES = `
D NewOrderSingle
ClOrdID! SecondaryClOrdID:44,50 ClOrdLinkID TradeDate:44,50 @OrderTerms

G OrderCancelReplaceRequest
OrderID OrigClOrdID! ClOrdID! SecondaryClOrdID:44,50 ClOrdLinkID:44,50 TradeDate:44,50 @OrderTerms

F OrderCancelRequest
OrigClOrdID! OrderID ClOrdID! SecondaryClOrdID:44,50 ClOrdLinkID:44,50 Account AcctIDSource:44,50 AccountType:44,50 ClientID:42
@Parties @Instrument Side! TransactTime! OrderQty CashOrderQty Text EncodedTextLen EncodedText

q OrderMassCancelRequest:44,50
ClOrdID! SecondaryClOrdID MassCancelRequestType! TradingSessionID TradingSessionSubID @Parties:50 @Instrument Side
TransactTime! Text EncodedTextLen EncodedText

r OrderMassCancelReport:44,50
ClOrdID SecondaryClOrdID OrderID! MassActionReportID:50 MassCancelRequestType! MassCancelResponse! MassCancelRejectReason
TotalAffectedOrders NoAffectedOrders(AffectedOrderID AffectedSecondaryOrderID) TradingSessionID @Instrument Side
TransactTime Text EncodedTextLen EncodedText

H OrderStatusRequest
OrderID ClOrdID! OrdStatusReqID:44,50 Account AcctIDSource:44,50 ClientID:42 @Parties @Instrument Side!

AF OrderMassStatusRequest:44,50
MassStatusReqID! MassStatusReqType! @Parties Account AcctIDSource TradingSessionID TradingSessionSubID @Instrument Side

8 ExecutionReport
OrderID! SecondaryOrderID SecondaryClOrdID:44,50 ClOrdID OrigClOrdID ClOrdLinkID:44,50 @Parties ClientID:42 OrdStatusReqID:44,50
MassStatusReqID:44,50 TotNumReports:44,50 LastRptRequested:44,50 ExecID! ExecTransType!:42 ExecRefID ExecType! OrdStatus!
WorkingIndicator:44,50 OrdRejReason ExecRestatementReason Account AcctIDSource:44,50 AccountType:44,50 SettlType SettlDate
@Instrument Side! OrderQty CashOrderQty OrdType Price StopPx Currency TimeInForce EffectiveTime ExpireDate ExpireTime
ExecInst OrderCapacity:44,50 LastQty LastPx LastMkt TradingSessionID LeavesQty! CumQty! AvgPx!:42,44 AvgPx:50 TradeDate
TransactTime Commission CommType HandlInst MinQty MaxFloor MaxShow:42,44 DisplayQty:50 PositionEffect LastLiquidityInd:44,50
MultiLegReportingType CopyMsgIndicator:44,50 TrdMatchID:50 AggressorIndicator:50
NoMiscFees(MiscFeeAmt MiscFeeCurr MiscFeeType):44,50 Text EncodedTextLen EncodedText

9 OrderCancelReject
OrderID! SecondaryOrderID SecondaryClOrdID:44,50 ClOrdID! OrigClOrdID! OrdStatus! WorkingIndicator:44,50 Account
ClientID:42 TransactTime CxlRejResponseTo! CxlRejReason Text EncodedTextLen EncodedText

V MarketDataRequest
MDReqID! SubscriptionRequestType! MarketDepth! MDUpdateType AggregatedBook NoMDEntryTypes!(MDEntryType!)
NoRelatedSym!(@Instrument TradingSessionID:42) NoTradingSessions(TradingSessionID TradingSessionSubID):44,50 ApplQueueAction:44,50

W MarketDataSnapshotFullRefresh
ApplSeqNum:50 MDReqID MDBookType:50 @Instrument LastFragment:50
NoMDEntries!(MDEntryType! MDEntryPx!:42 MDEntryPx:44,50 Currency MDEntrySize MDEntryDate MDEntryTime TradingSessionID QuoteCondition TradeCondition NumberOfOrders MDEntryPositionNo Text)

X MarketDataIncrementalRefresh
ApplSeqNum:50 ApplLastSeqNum:50 MDReqID MDBookType:50
NoMDEntries!(MDUpdateAction! MDEntryType MDEntryID @Instrument MDEntryPx Currency MDEntrySize MDEntryDate MDEntryTime TradingSessionID QuoteCondition TradeCondition NumberOfOrders MDEntryPositionNo Text)

Y MarketDataRequestReject
MDReqID! MDReqRejReason Text EncodedTextLen EncodedText

x SecurityListRequest:44,50
SecurityReqID! SecurityListRequestType! @Instrument Currency TradingSessionID TradingSessionSubID SubscriptionRequestType
Text EncodedTextLen EncodedText

y SecurityList:44,50
SecurityReqID! SecurityResponseID! SecurityRequestResult! TotNoRelatedSym LastFragment
NoRelatedSym(@Instrument Currency RoundLot MinTradeVol MaxTradeVol:50 MinPriceIncrement:50 TradingSessionID Text)

g TradingSessionStatusRequest
TradSesReqID! TradingSessionID TradingSessionSubID:44,50 TradSesMethod TradSesMode SubscriptionRequestType!

h TradingSessionStatus
TradSesReqID TradingSessionID! TradingSessionSubID:44,50 TradSesMethod TradSesMode UnsolicitedIndicator TradSesStatus!
TradSesStatusRejReason:44,50 TradSesStartTime TradSesOpenTime TradSesPreCloseTime TradSesCloseTime TradSesEndTime
@Instrument:50 Text EncodedTextLen EncodedText

j BusinessMessageReject
RefSeqNum RefMsgType! BusinessRejectRefID BusinessRejectReason! Text EncodedTextLen EncodedText
`;
