import { CommandType, Role } from './commands.ts';

/**
 * Who may do what: one table of role x action, asked by doors before a request and by the core before a command. What it
 * does not say is denied. Commands are answered by it and answers are state: once released, a change of it belongs to a
 * new core version (docs/adr/0012-core-versions.md). Written out in docs/permissions.md.
 */
export const Action = {
  /** Open a session at any door. */
  LogIn: 1 << 0,
  /** Instruments, phases, book, trades, candles. */
  ViewMarket: 1 << 1,
  /** Orders, fills, balances, positions and history of the own account. */
  ViewOwnAccount: 1 << 2,
  /** The same of every account. */
  ViewAnyAccount: 1 << 3,
  /** Users, roles and API keys, without what they are verified with. */
  ViewUsers: 1 << 4,
  /** Status and figures of the nodes. */
  ViewNodes: 1 << 5,
  /** Entries of the log as they are, and the actions of administration. */
  ReadLog: 1 << 6,
  /** New orders and replaces for the own account. */
  PlaceOrders: 1 << 7,
  /** Cancel orders of the own account. */
  CancelOrders: 1 << 8,
  /** Cancel orders of every account. */
  CancelAnyOrders: 1 << 9,
  /** The own password, API keys and bearer tokens. */
  ManageOwnCredentials: 1 << 10,
  /** The same of every user. */
  ManageCredentials: 1 << 11,
  /** Add users, change their roles, disable them. */
  ManageUsers: 1 << 12,
  /** Add accounts. */
  ManageAccounts: 1 << 13,
  /** Deposits and withdrawals. */
  MoveFunds: 1 << 14,
  /** Assets, instruments, their fees, order rules and schedules. */
  ManageInstruments: 1 << 15,
  /** Limits of accounts. */
  SetLimits: 1 << 16,
  /** Change an instrument's phase, and the price controls that keep orders within bounds or call an auction. */
  ControlPhases: 1 << 17,
  /** Stop the venue, an instrument, an account or a user. */
  KillSwitch: 1 << 18,
  /** Keys of nodes and the version of the core. */
  ManageNodes: 1 << 19,
  /** End the sessions of others. */
  EndSessions: 1 << 20,
  /** Tell the public about incidents. */
  ManageIncidents: 1 << 21,
  /** Replay recorded markets in the venue. */
  ControlReplay: 1 << 22,
  /** Take back trades. */
  CancelTrades: 1 << 23,
} as const;
export type Action = (typeof Action)[keyof typeof Action];
export type ActionName = keyof typeof Action;

const { Viewer, Trader, MarketMaker, Risk, Operations, Compliance, Admin } = Role;
const EVERYBODY = [Viewer, Trader, MarketMaker, Risk, Operations, Compliance, Admin];

/** The roles that each action is allowed to. */
export const Permissions: { readonly [Name in ActionName]: readonly Role[] } = {
  LogIn: EVERYBODY,
  ViewMarket: EVERYBODY,
  ViewOwnAccount: EVERYBODY,
  ViewAnyAccount: [Risk, Operations, Compliance, Admin],
  ViewUsers: [Risk, Operations, Compliance, Admin],
  ViewNodes: [Operations, Compliance, Admin],
  ReadLog: [Operations, Compliance, Admin],
  PlaceOrders: [Trader, MarketMaker],
  CancelOrders: [Trader, MarketMaker],
  CancelAnyOrders: [Risk, Operations, Admin],
  ManageOwnCredentials: EVERYBODY,
  ManageCredentials: [Admin],
  ManageUsers: [Admin],
  ManageAccounts: [Operations, Admin],
  MoveFunds: [Operations, Admin],
  ManageInstruments: [Operations, Admin],
  SetLimits: [Risk, Admin],
  ControlPhases: [Risk, Operations, Admin],
  KillSwitch: [Risk, Operations, Admin],
  ManageNodes: [Admin],
  EndSessions: [Operations, Admin],
  ManageIncidents: [Operations, Admin],
  ControlReplay: [Operations, Admin],
  CancelTrades: [Operations, Admin],
};

/** Roles by the name that configuration and doors use. */
export const RoleByName = {
  viewer: Viewer,
  trader: Trader,
  'market-maker': MarketMaker,
  risk: Risk,
  operations: Operations,
  compliance: Compliance,
  admin: Admin,
} as const satisfies { readonly [name: string]: Role };
export type RoleName = keyof typeof RoleByName;

/** The name of a role, or undefined for a number that is none. */
export function roleName(role: number): RoleName | undefined {
  return (Object.keys(RoleByName) as RoleName[]).find((name) => RoleByName[name] === role);
}

/**
 * What a command needs of its sender: `own` where it concerns the sender itself (its account's orders, its credentials),
 * `any` in every case. Neither: only the operator (userId 0) sends it.
 */
export interface CommandNeeds {
  readonly own?: Action;
  readonly any?: Action;
}

/** The action that each command needs. */
export const ActionOfCommand: { readonly [Name in keyof typeof CommandType]: CommandNeeds } = {
  NewOrder: { own: Action.PlaceOrders },
  CancelOrder: { own: Action.CancelOrders },
  ReplaceOrder: { own: Action.PlaceOrders },
  // For others the core takes it too, by CancelAnyOrders: logs have it. Doors do not, because it has no reason.
  MassCancel: { own: Action.CancelOrders },
  OpenSession: { own: Action.LogIn },
  CloseSession: { own: Action.LogIn },
  AddAsset: { any: Action.ManageInstruments },
  AddInstrument: { any: Action.ManageInstruments },
  AddAccount: { any: Action.ManageAccounts },
  AddUser: { any: Action.ManageUsers },
  Deposit: { any: Action.MoveFunds },
  Withdraw: { any: Action.MoveFunds },
  SetAccountLimits: { any: Action.SetLimits },
  SetPhase: { any: Action.ControlPhases },
  SetSchedule: { any: Action.ManageInstruments },
  SetKillSwitch: { any: Action.KillSwitch },
  SetCoreVersion: { any: Action.ManageNodes },
  CancelOrdersOfOthers: { any: Action.CancelAnyOrders },
  SetPriceControls: { any: Action.ControlPhases },
  CancelTrade: { any: Action.CancelTrades },
  SetFees: { any: Action.ManageInstruments },
  SetOrderRules: { any: Action.ManageInstruments },
  Tick: {},
  Attest: {},
  SetUserRole: { any: Action.ManageUsers },
  SetUserPassword: { own: Action.ManageOwnCredentials, any: Action.ManageCredentials },
  SetUserEnabled: { any: Action.ManageUsers },
  AddApiKey: { own: Action.ManageOwnCredentials, any: Action.ManageCredentials },
  RevokeApiKey: { own: Action.ManageOwnCredentials, any: Action.ManageCredentials },
  RevokeTokens: { own: Action.ManageOwnCredentials, any: Action.ManageCredentials },
  AddNodeKey: { any: Action.ManageNodes },
  EndSession: { any: Action.EndSessions },
  PostIncident: { any: Action.ManageIncidents },
};

/** Bits of the actions by role number; 0 for a number that is no role. */
const ACTIONS_OF_ROLE = new Int32Array(256);
for (const name of Object.keys(Permissions) as ActionName[]) {
  for (const role of Permissions[name]) ACTIONS_OF_ROLE[role] |= Action[name];
}

/** By command type: what is needed where the command concerns its sender, and in every case. 0 nothing suffices. */
const OWN = new Int32Array(256);
const ANY = new Int32Array(256);
for (const name of Object.keys(CommandType) as (keyof typeof CommandType)[]) {
  OWN[CommandType[name]] = ActionOfCommand[name].own ?? 0;
  ANY[CommandType[name]] = ActionOfCommand[name].any ?? 0;
}

/** Everything that a role may do, as the sum of the actions' bits; 0 for a number that is no role. */
export function actionsOf(role: number): number {
  return role >= 0 && role < ACTIONS_OF_ROLE.length ? ACTIONS_OF_ROLE[role] : 0;
}

/** Whether a role may do something. */
export function isAllowed(role: number, action: Action): boolean {
  return (actionsOf(role) & action) !== 0;
}

/**
 * Whether somebody who may do `actions` may send a command.
 * @param isOwn whether it concerns the sender itself
 */
export function allowsCommand(actions: number, type: CommandType, isOwn: boolean): boolean {
  return (actions & (isOwn ? OWN[type] | ANY[type] : ANY[type])) !== 0;
}
