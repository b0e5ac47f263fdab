/** The operationId of every operation, written down again: clients are generated with them, so that none may change. */
export const OPERATION_IDS: readonly string[] = `
  addAccount addAsset addInstrument addKey addUser addUserKey cancelOrder cancelOrderByClientOrderId cancelOrders
  cancelOrdersOfOthers cancelTrade changePassword controlReplay deposit endSession getBook getError getInstrument getLogReceipt
  getNode getOrder getOrderByClientOrderId getOrderTimeline getPhase getProfile getReplay getStatus getStatusDocument
  getTicker getTime getUser listAccountRisks listAccounts listAdminActions listAssets listBackups listBalances
  listCandles listErrors listFees listFills listIncidents listInstruments listKeys listNewestTrades listOpenOrders
  listOrders listPhases listPositionChanges listPositions listPostings listRecordings listSnapshots listTickers
  listTrades listUserKeys listUsers logIn openIncident placeOrder renewToken replaceOrder replaceOrderByClientOrderId
  revokeKey revokeTokens revokeUserKey revokeUserTokens setAccountLimits setCoreVersion setFees setKillSwitch setOrderRules
  setPhase setPriceControls setSchedule setUserEnabled setUserPassword setUserRole startReplay stopReplay
  updateIncident verifyBackup verifySnapshot withdraw
`
  .trim()
  .split(/\s+/);
