import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandType, Role } from '#domain/commands.ts';
import { Action, type ActionName, ActionOfCommand } from '#domain/permissions.ts';
import { authorise, authoriseCommand, principalOf } from './principal.ts';
import { answerOf } from './test-support.ts';
import { DirectoryUser } from './user-directory.ts';

/** The whole table once more, by hand: V viewer, T trader, M market maker, R risk, O operations, C compliance, A admin. */
const EXPECTED: Record<ActionName, string> = {
  LogIn: 'VTMROCA',
  ViewMarket: 'VTMROCA',
  ViewOwnAccount: 'VTMROCA',
  ViewAnyAccount: 'ROCA',
  ViewUsers: 'ROCA',
  ViewNodes: 'OCA',
  ReadLog: 'OCA',
  PlaceOrders: 'TM',
  CancelOrders: 'TM',
  CancelAnyOrders: 'ROA',
  ManageOwnCredentials: 'VTMROCA',
  ManageCredentials: 'A',
  ManageUsers: 'A',
  ManageAccounts: 'OA',
  MoveFunds: 'OA',
  ManageInstruments: 'OA',
  SetLimits: 'RA',
  ControlPhases: 'ROA',
  KillSwitch: 'ROA',
  ManageNodes: 'A',
  EndSessions: 'OA',
  ManageIncidents: 'OA',
  ControlReplay: 'OA',
  CancelTrades: 'OA',
};
/** What of it a read-only key is good for. */
const QUESTIONS = [
  'LogIn',
  'ViewMarket',
  'ViewOwnAccount',
  'ViewAnyAccount',
  'ViewUsers',
  'ViewNodes',
  'ReadLog',
];

const ROLES: readonly [string, Role][] = [
  ['V', Role.Viewer],
  ['T', Role.Trader],
  ['M', Role.MarketMaker],
  ['R', Role.Risk],
  ['O', Role.Operations],
  ['C', Role.Compliance],
  ['A', Role.Admin],
];
const ACTIONS = Object.keys(Action) as ActionName[];

function userOf(role: number): DirectoryUser {
  const user = new DirectoryUser(9, 'ANN');
  user.role = role as Role;
  user.accountId = 4;
  return user;
}

test('every role and action: with a password or key, and with a read-only key', () => {
  assert.deepEqual(Object.keys(EXPECTED).sort(), [...ACTIONS].sort());
  for (const [letter, role] of ROLES) {
    const full = principalOf(userOf(role), { keyId: 1, readOnly: false });
    const readOnly = principalOf(userOf(role), { keyId: 1, readOnly: true });
    for (const name of ACTIONS) {
      const allowed = EXPECTED[name].includes(letter);
      assert.equal(
        answerOf(authorise(full, Action[name])),
        allowed ? 'ok' : 'NOT_PERMITTED',
        `${letter} ${name}`,
      );
      const question = QUESTIONS.includes(name) ? 'ok' : 'READ_ONLY_KEY';
      assert.equal(
        answerOf(authorise(readOnly, Action[name])),
        allowed ? question : 'NOT_PERMITTED',
        `${letter} ${name}, read-only`,
      );
    }
  }
});

test('nobody, and a role that is none, may do nothing', () => {
  for (const name of ACTIONS) {
    assert.equal(answerOf(authorise(undefined, Action[name])), 'NOT_AUTHENTICATED');
    for (const role of [0, 8, 255])
      assert.equal(answerOf(authorise(principalOf(userOf(role)), Action[name])), 'NOT_PERMITTED');
  }
});

test('every command, own and for others, as the table says; with a read-only key none but sessions', () => {
  for (const type of Object.keys(CommandType) as (keyof typeof CommandType)[]) {
    const { own, any } = ActionOfCommand[type];
    for (const [, role] of ROLES) {
      const principal = principalOf(userOf(role));
      const may = (action: Action | undefined) =>
        action !== undefined && authorise(principal, action) === undefined;
      const answers = [true, false].map((isOwn) =>
        answerOf(authoriseCommand(principal, CommandType[type], isOwn)),
      );
      assert.deepEqual(answers, [
        may(own) || may(any) ? 'ok' : 'NOT_PERMITTED',
        may(any) ? 'ok' : 'NOT_PERMITTED',
      ]);
      const readOnly = principalOf(userOf(role), { keyId: 1, readOnly: true });
      const answer = answerOf(authoriseCommand(readOnly, CommandType[type], true));
      const isSession = type === 'OpenSession' || type === 'CloseSession';
      assert.equal(answer === 'ok', isSession, type);
      assert.equal(answerOf(authoriseCommand(undefined, CommandType[type], true)), 'NOT_AUTHENTICATED');
    }
  }
});

test('a principal says who, for which account, and with which key', () => {
  const { actions, ...rest } = principalOf(userOf(Role.Trader), { keyId: 7, readOnly: true });
  assert.deepEqual(rest, {
    userId: 9,
    name: 'ANN',
    role: Role.Trader,
    accountId: 4,
    keyId: 7,
    readOnly: true,
  });
  assert.notEqual(actions, 0);
  assert.equal(principalOf(userOf(Role.Trader)).keyId, 0);
});
