import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type RunningNode, startNode } from '#app/node.ts';
import { Role } from '#domain/commands.ts';
import { EventType } from '#domain/events.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { fixLogon } from '../support/fix-logon.ts';
import { send } from '../support/random-flow.ts';
import { PASSWORD, restNodeConfig } from '../support/rest-node.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROUNDS = 10;
const quiet = {
  info: () => {},
  warn: () => {},
  error: (_fields: object, message: string) => assert.fail(message),
};

/** Sends the command and waits until the order path has applied it. */
async function done(node: RunningNode, command: Parameters<typeof send>[1]): Promise<void> {
  await new Promise<void>((resolve) => {
    const unsubscribe = node.subscribe({
      onEvents: ({ i32 }, from, to) => {
        for (let at = from; at < to; at += i32[at] >>> 16) {
          const type = i32[at] & 0xff;
          assert.notEqual(type, EventType.CommandRejected);
          if (type !== EventType.CommandAccepted) continue;
          unsubscribe();
          resolve();
        }
      },
    });
    send(node.outbox, command);
  });
}

/** Asks on a connection of its own, which is over afterwards. What came when the other side ends it is the answer too. */
async function answerTo(
  port: number,
  request: string,
  isWhole: (answer: string) => boolean,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.write(request);
  const ended = once(socket, 'end');
  while (!isWhole(answer) && !socket.readableEnded) await Promise.race([once(socket, 'data'), ended]);
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  return answer;
}

function login(name: string): string {
  const body = JSON.stringify({ name, password: PASSWORD });
  const head = ['POST /api/v1/login HTTP/1.1', 'host: a', 'content-type: application/json'];
  return `${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
}

test('a user who was added just now can log in, with nobody else at the door', {
  timeout: 120_000,
}, async (t) => {
  const node = await startNode(restNodeConfig(temporaryDirectory('first-request')), quiet);
  t.after(() => node.close());
  const salt = new Uint8Array(16).fill(7);
  const secret = { salt, passwordHash: new Uint8Array(await hashPassword(PASSWORD, salt)), reason: 'test' };
  await done(node, { type: 'AddAccount', accountId: 1, reason: 'test' });
  const { http, fix } = node.edgePorts as { http: number; fix: number };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [door, newUserId] of [
      ['http', 2 * round + 1],
      ['fix', 2 * round + 2],
    ] as const) {
      const name = `NEW${newUserId}`;
      await done(node, { type: 'AddUser', newUserId, accountId: 1, role: Role.Trader, name, ...secret });
      const answer =
        door === 'http'
          ? await answerTo(http, login(name), (text) => text.includes('\r\n\r\n'))
          : await answerTo(fix, fixLogon(name), (text) => text.includes('\x0110='));
      assert.ok(
        answer.includes(door === 'http' ? 'HTTP/1.1 200 ' : '\x0135=A\x01'),
        `${door}, round ${round}: ${answer}`,
      );
    }
  }
});
