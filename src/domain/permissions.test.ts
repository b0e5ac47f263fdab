import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_LAYOUTS, CommandType, Role } from './commands.ts';
import {
  Action,
  type ActionName,
  ActionOfCommand,
  actionsOf,
  allowsCommand,
  isAllowed,
  RoleByName,
  roleName,
} from './permissions.ts';

const ROLES = [
  Role.Viewer,
  Role.Trader,
  Role.MarketMaker,
  Role.Risk,
  Role.Operations,
  Role.Compliance,
  Role.Admin,
];

/** The whole table again, a column for each role in the order above. */
const TABLE = `
                      viewer trader maker risk operations compliance admin
  LogIn                 x      x      x    x       x          x        x
  ViewMarket            x      x      x    x       x          x        x
  ViewOwnAccount        x      x      x    x       x          x        x
  ViewAnyAccount        .      .      .    x       x          x        x
  ViewUsers             .      .      .    x       x          x        x
  ViewNodes             .      .      .    .       x          x        x
  ReadLog               .      .      .    .       x          x        x
  PlaceOrders           .      x      x    .       .          .        .
  CancelOrders          .      x      x    .       .          .        .
  CancelAnyOrders       .      .      .    x       x          .        x
  ManageOwnCredentials  x      x      x    x       x          x        x
  ManageCredentials     .      .      .    .       .          .        x
  ManageUsers           .      .      .    .       .          .        x
  ManageAccounts        .      .      .    .       x          .        x
  MoveFunds             .      .      .    .       x          .        x
  ManageInstruments     .      .      .    .       x          .        x
  SetLimits             .      .      .    x       .          .        x
  ControlPhases         .      .      .    x       x          .        x
  KillSwitch            .      .      .    x       x          .        x
  ManageNodes           .      .      .    .       .          .        x
  EndSessions           .      .      .    .       x          .        x
  ManageIncidents       .      .      .    .       x          .        x
  ControlReplay         .      .      .    .       x          .        x
  CancelTrades          .      .      .    .       x          .        x
`;

/** Each command again: what its sender needs, for its own and for others. */
const COMMANDS = `
  NewOrder          PlaceOrders           .
  CancelOrder       CancelOrders          .
  ReplaceOrder      PlaceOrders           .
  MassCancel        CancelOrders          .
  OpenSession       LogIn                 .
  CloseSession      LogIn                 .
  AddAsset          .                     ManageInstruments
  AddInstrument     .                     ManageInstruments
  AddAccount        .                     ManageAccounts
  AddUser           .                     ManageUsers
  Deposit           .                     MoveFunds
  Withdraw          .                     MoveFunds
  SetAccountLimits  .                     SetLimits
  SetPhase          .                     ControlPhases
  SetSchedule       .                     ManageInstruments
  SetKillSwitch     .                     KillSwitch
  SetCoreVersion    .                     ManageNodes
  CancelOrdersOfOthers  .                 CancelAnyOrders
  SetPriceControls  .                     ControlPhases
  CancelTrade       .                     CancelTrades
  SetFees           .                     ManageInstruments
  SetOrderRules     .                     ManageInstruments
  Tick              .                     .
  Attest            .                     .
  SetUserRole       .                     ManageUsers
  SetUserPassword   ManageOwnCredentials  ManageCredentials
  SetUserEnabled    .                     ManageUsers
  AddApiKey         ManageOwnCredentials  ManageCredentials
  RevokeApiKey      ManageOwnCredentials  ManageCredentials
  RevokeTokens      ManageOwnCredentials  ManageCredentials
  AddNodeKey        .                     ManageNodes
  EndSession        .                     EndSessions
  PostIncident      .                     ManageIncidents
`;

const rowsOf = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

const permissions = new Map(
  rowsOf(TABLE)
    .slice(1)
    .map(([name, ...marks]) => [name, marks]),
);

test('isAllowed: every role and every action, as the table says', () => {
  assert.deepEqual([...permissions.keys()], Object.keys(Action));
  for (const [name, marks] of permissions) {
    assert.equal(marks.length, ROLES.length, name);
    ROLES.forEach((role, column) => {
      assert.equal(
        isAllowed(role, Action[name as ActionName]),
        marks[column] === 'x',
        `${roleName(role)} ${name}`,
      );
    });
  }
});

test('isAllowed: nothing to a number that is no role, and nothing that is no action', () => {
  for (const role of [-1, 0, 8, 255, 256, 2 ** 31, 1.5, Number.NaN]) {
    for (const action of Object.values(Action)) assert.equal(isAllowed(role, action), false, String(role));
  }
  for (const role of ROLES) {
    assert.equal(isAllowed(role, 0 as Action), false);
    assert.equal(isAllowed(role, (1 << 24) as Action), false);
  }
});

test('actions are distinct bits', () => {
  const bits = Object.values(Action);
  for (const bit of bits) assert.equal(bit & (bit - 1), 0);
  assert.equal(new Set(bits).size, bits.length);
});

test('what staff do to others and the venue has a reason in the log', () => {
  const without = COMMAND_LAYOUTS.filter(
    ({ name, fields }) =>
      ActionOfCommand[name as keyof typeof CommandType].any !== undefined &&
      fields.every((field) => field.name !== 'reason'),
  );
  assert.deepEqual(
    without.map(({ name }) => name),
    [],
  );
});

test('allowsCommand: every role and every command, for its own and for others', () => {
  const rows = rowsOf(COMMANDS);
  assert.deepEqual(
    rows.map(([name]) => name),
    COMMAND_LAYOUTS.map(({ name }) => name),
  );
  for (const [name, own, any] of rows) {
    const command = name as keyof typeof CommandType;
    const type = CommandType[command];
    const holds = (needed: string, column: number): boolean => permissions.get(needed)?.[column] === 'x';
    ROLES.forEach((role, column) => {
      const what = `${roleName(role)} ${name}`;
      const actions = actionsOf(role);
      assert.equal(allowsCommand(actions, type, true), holds(own, column) || holds(any, column), what);
      assert.equal(allowsCommand(actions, type, false), holds(any, column), `${what} of others`);
    });
    assert.equal(ActionOfCommand[command].own, Action[own as ActionName], name);
    assert.equal(ActionOfCommand[command].any, Action[any as ActionName], name);
  }
});

test('allowsCommand: nobody sends a command that is not in the table', () => {
  for (const type of [0, 7, 47, 255]) {
    for (const isOwn of [true, false]) assert.equal(allowsCommand(-1, type as CommandType, isOwn), false);
  }
});

test('every role has a name and every name its role', () => {
  assert.deepEqual(Object.values(RoleByName), ROLES);
  assert.deepEqual(Object.values(Role), ROLES);
  for (const [name, role] of Object.entries(RoleByName)) assert.equal(roleName(role), name);
  assert.equal(roleName(0), undefined);
  assert.equal(roleName(8), undefined);
});
