/**
 * The fields of the messages that the platform takes part in: tag, name, data type and, where the specification has a
 * list, the values. Names are those of FIX 5.0 SP2; a type is the widest that 4.2, 4.4 and 5.0 SP2 give the field. Which
 * version has which field follows from the messages (messages.ts).
 *
 * Written from the FIX specification (fixtrading.org, FIX 4.2 with errata, 4.4 with errata, 5.0 SP2, FIXT 1.1).
 */
export const FIX_FIELDS = `
1 Account STRING
6 AvgPx PRICE
7 BeginSeqNo SEQNUM
8 BeginString STRING
9 BodyLength LENGTH
10 CheckSum STRING
11 ClOrdID STRING
12 Commission AMT
13 CommType CHAR 1 2 3 4 5 6
14 CumQty QTY
15 Currency CURRENCY
16 EndSeqNo SEQNUM
17 ExecID STRING
18 ExecInst MULTIPLEVALUESTRING
19 ExecRefID STRING
20 ExecTransType CHAR 0 1 2 3
21 HandlInst CHAR 1 2 3
22 SecurityIDSource STRING
30 LastMkt EXCHANGE
31 LastPx PRICE
32 LastQty QTY
34 MsgSeqNum SEQNUM
35 MsgType STRING
36 NewSeqNo SEQNUM
37 OrderID STRING
38 OrderQty QTY
39 OrdStatus CHAR 0 1 2 3 4 5 6 7 8 9 A B C D E
40 OrdType CHAR 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M P Q R S
41 OrigClOrdID STRING
43 PossDupFlag BOOLEAN
44 Price PRICE
45 RefSeqNum SEQNUM
47 Rule80A CHAR A B C D E F H I J K L M N O P R S T U W X Y Z
48 SecurityID STRING
49 SenderCompID STRING
50 SenderSubID STRING
52 SendingTime UTCTIMESTAMP
54 Side CHAR 1 2 3 4 5 6 7 8 9 A B C D E F G H
55 Symbol STRING
56 TargetCompID STRING
57 TargetSubID STRING
58 Text STRING
59 TimeInForce CHAR 0 1 2 3 4 5 6 7 8 9 A B C
60 TransactTime UTCTIMESTAMP
63 SettlType STRING
64 SettlDate LOCALMKTDATE
65 SymbolSfx STRING
75 TradeDate LOCALMKTDATE
77 PositionEffect CHAR
78 NoAllocs NUMINGROUP
79 AllocAccount STRING
80 AllocQty QTY
89 Signature DATA
90 SecureDataLen LENGTH
91 SecureData DATA
93 SignatureLength LENGTH
95 RawDataLength LENGTH
96 RawData DATA
97 PossResend BOOLEAN
98 EncryptMethod INT
99 StopPx PRICE
100 ExDestination EXCHANGE
102 CxlRejReason INT
103 OrdRejReason INT
106 Issuer STRING
107 SecurityDesc STRING
108 HeartBtInt INT
109 ClientID STRING
110 MinQty QTY
111 MaxFloor QTY
112 TestReqID STRING
114 LocateReqd BOOLEAN
115 OnBehalfOfCompID STRING
116 OnBehalfOfSubID STRING
122 OrigSendingTime UTCTIMESTAMP
123 GapFillFlag BOOLEAN
126 ExpireTime UTCTIMESTAMP
128 DeliverToCompID STRING
129 DeliverToSubID STRING
136 NoMiscFees NUMINGROUP
137 MiscFeeAmt AMT
138 MiscFeeCurr CURRENCY
139 MiscFeeType STRING
141 ResetSeqNumFlag BOOLEAN
142 SenderLocationID STRING
143 TargetLocationID STRING
144 OnBehalfOfLocationID STRING
145 DeliverToLocationID STRING
146 NoRelatedSym NUMINGROUP
150 ExecType CHAR 0 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L
151 LeavesQty QTY
152 CashOrderQty QTY
167 SecurityType STRING
168 EffectiveTime UTCTIMESTAMP
198 SecondaryOrderID STRING
207 SecurityExchange EXCHANGE
210 MaxShow QTY
212 XmlDataLen LENGTH
213 XmlData DATA
262 MDReqID STRING
263 SubscriptionRequestType CHAR 0 1 2
264 MarketDepth INT
265 MDUpdateType INT 0 1
266 AggregatedBook BOOLEAN
267 NoMDEntryTypes NUMINGROUP
268 NoMDEntries NUMINGROUP
269 MDEntryType CHAR
270 MDEntryPx PRICE
271 MDEntrySize QTY
272 MDEntryDate UTCDATEONLY
273 MDEntryTime UTCTIMEONLY
276 QuoteCondition MULTIPLESTRINGVALUE
277 TradeCondition MULTIPLESTRINGVALUE
278 MDEntryID STRING
279 MDUpdateAction CHAR 0 1 2 3 4 5
281 MDReqRejReason CHAR 0 1 2 3 4 5 6 7 8 9 A B C D
290 MDEntryPositionNo INT
320 SecurityReqID STRING
322 SecurityResponseID STRING
325 UnsolicitedIndicator BOOLEAN
326 SecurityTradingStatus INT
335 TradSesReqID STRING
336 TradingSessionID STRING
338 TradSesMethod INT
339 TradSesMode INT
340 TradSesStatus INT
341 TradSesStartTime UTCTIMESTAMP
342 TradSesOpenTime UTCTIMESTAMP
343 TradSesPreCloseTime UTCTIMESTAMP
344 TradSesCloseTime UTCTIMESTAMP
345 TradSesEndTime UTCTIMESTAMP
346 NumberOfOrders INT
347 MessageEncoding STRING
354 EncodedTextLen LENGTH
355 EncodedText DATA
369 LastMsgSeqNumProcessed SEQNUM
370 OnBehalfOfSendingTime UTCTIMESTAMP
371 RefTagID INT
372 RefMsgType STRING
373 SessionRejectReason INT
378 ExecRestatementReason INT
379 BusinessRejectRefID STRING
380 BusinessRejectReason INT
383 MaxMessageSize LENGTH
384 NoMsgTypes NUMINGROUP
385 MsgDirection CHAR R S
386 NoTradingSessions NUMINGROUP
393 TotNoRelatedSym INT
432 ExpireDate LOCALMKTDATE
434 CxlRejResponseTo CHAR 1 2
442 MultiLegReportingType CHAR 1 2 3
447 PartyIDSource CHAR
448 PartyID STRING
452 PartyRole INT
453 NoPartyIDs NUMINGROUP
454 NoSecurityAltID NUMINGROUP
455 SecurityAltID STRING
456 SecurityAltIDSource STRING
460 Product INT
461 CFICode STRING
464 TestMessageIndicator BOOLEAN
526 SecondaryClOrdID STRING
528 OrderCapacity CHAR A G I P R W
529 OrderRestrictions MULTIPLEVALUESTRING
530 MassCancelRequestType CHAR 1 2 3 4 5 6 7 8 9 A B C D
531 MassCancelResponse CHAR 0 1 2 3 4 5 6 7 8 9 A B C D
532 MassCancelRejectReason INT
533 TotalAffectedOrders INT
534 NoAffectedOrders NUMINGROUP
535 AffectedOrderID STRING
536 AffectedSecondaryOrderID STRING
553 Username STRING
554 Password STRING
559 SecurityListRequestType INT
560 SecurityRequestResult INT
561 RoundLot QTY
562 MinTradeVol QTY
567 TradSesStatusRejReason INT
581 AccountType INT
582 CustOrderCapacity INT
583 ClOrdLinkID STRING
584 MassStatusReqID STRING
585 MassStatusReqType INT
625 TradingSessionSubID STRING
627 NoHops NUMINGROUP
628 HopCompID STRING
629 HopSendingTime UTCTIMESTAMP
630 HopRefID SEQNUM
635 ClearingFeeIndicator STRING
636 WorkingIndicator BOOLEAN
660 AcctIDSource INT
789 NextExpectedMsgSeqNum SEQNUM
790 OrdStatusReqID STRING
797 CopyMsgIndicator BOOLEAN
802 NoPartySubIDs NUMINGROUP
523 PartySubID STRING
803 PartySubIDType INT
815 ApplQueueAction INT
851 LastLiquidityInd INT
854 QtyType INT
880 TrdMatchID STRING
893 LastFragment BOOLEAN
911 TotNumReports INT
912 LastRptRequested BOOLEAN
925 NewPassword STRING
969 MinPriceIncrement FLOAT
1021 MDBookType INT
1028 ManualOrderIndicator BOOLEAN
1057 AggressorIndicator BOOLEAN
1091 PreTradeAnonymity BOOLEAN
1094 PegPriceType INT
1128 ApplVerID STRING
1129 CstmApplVerID STRING
1130 RefApplVerID STRING
1131 RefCstmApplVerID STRING
1137 DefaultApplVerID STRING
1138 DisplayQty QTY
1140 MaxTradeVol QTY
1156 ApplExtID INT
1180 ApplID STRING
1181 ApplSeqNum SEQNUM
1350 ApplLastSeqNum SEQNUM
1352 ApplResendFlag BOOLEAN
1369 MassActionReportID STRING
1406 RefApplExtID INT
1407 DefaultApplExtID INT
1408 DefaultCstmApplVerID STRING
1409 SessionStatus INT
1410 DefaultVerIndicator BOOLEAN
1724 OrderOrigination INT
2362 SelfMatchPreventionID STRING
2376 PartyRoleQualifier INT
2593 NoOrderAttributes NUMINGROUP
2594 OrderAttributeType INT
2595 OrderAttributeValue STRING
2964 SelfMatchPreventionInstruction INT
`;
