import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NodeParts, NodeService } from './node-service.ts';

test('tick: says once that the next segment of the log could not be prepared, and when it is there', () => {
  let error: Error | undefined;
  const lines: string[] = [];
  const note = (_: object, message: string): void => void lines.push(message);
  let tellings = 0;
  const service = new NodeService({
    config: { nodeId: 1 },
    data: { epoch: 1 },
    logger: { info: note, warn: note, error: note },
    board: { divergedSequence: 0 },
    replica: { isServing: false, failure: undefined, tick: () => {} },
    nodeLog: { preparationError: () => error },
    onHealth: () => tellings++,
  } as unknown as NodeParts);
  service.tick();
  assert.deepEqual([service.health().warning, lines], [undefined, []]);
  error = new Error('EIO: i/o error, write');
  service.tick();
  service.tick();
  const problem = 'the next segment of the log could not be prepared: EIO: i/o error, write';
  assert.equal(service.health().warning, problem);
  assert.deepEqual([lines.length, lines[0].startsWith(`${problem}. Free space`), tellings], [1, true, 1]);
  error = undefined;
  service.tick();
  assert.deepEqual(
    [service.health().warning, lines[1], tellings],
    [undefined, 'the log has its next segment', 2],
  );
});

/** A node that observes. @param parts of the promotion: what asks the cluster, and what opens the doors */
function observer(parts: {
  readonly isMirror: () => Promise<boolean>;
  readonly open: () => Promise<void>;
  readonly awaitsSetUp?: boolean;
  /** What it has beside that. */
  readonly replica?: object;
  readonly nodeLog?: object;
}): {
  readonly service: NodeService;
  readonly done: string[];
} {
  const done: string[] = [];
  const note = (what: string) => async (): Promise<void> => void done.push(what);
  const service = new NodeService({
    config: { nodeId: 1, cluster: undefined, awaitsSetUp: parts.awaitsSetUp },
    data: { path: '', epoch: 1, raiseEpoch: (least: number) => least },
    link: { isMirror: parts.isMirror, takeOver: async () => {} },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    board: { divergedSequence: 0 },
    core: { sequence: 1, state: { sessions: { count: 0 } } },
    replica: Object.assign(parts.replica ?? {}, {
      lastEpoch: 0,
      failure: undefined,
      outbox: undefined,
      begin: () => void done.push('begin'),
      seal: async () => {},
      retire: note('retire'),
    }),
    doors: { open: parts.open, close: note('close'), suspend: () => {} },
    nodeLog: { catchUp: async () => {}, preparationError: () => undefined, ...parts.nodeLog },
    onHealth: () => {},
    announce: () => {},
    peers: undefined,
    duties: undefined,
  } as unknown as NodeParts);
  service.observe();
  return { service, done };
}

test('promote: a second one while the first is under way is refused, and the first goes on', async () => {
  const asked = Promise.withResolvers<boolean>();
  const { service, done } = observer({ isMirror: () => asked.promise, open: async () => {} });
  const first = service.promote();
  await assert.rejects(service.promote(), {
    name: 'NodeStateError',
    message: 'the node is being promoted already: only one that observes can be promoted',
  });
  asked.resolve(false);
  await first;
  assert.deepEqual([service.state, done], ['serving', ['begin']]);
  await assert.rejects(service.promote(), {
    message: 'the node is serving: only one that observes can be promoted',
  });
});

test('promote: when a door cannot open the node observes again, and can be promoted later', async () => {
  const busy = Object.assign(new Error('the port is in use'), { code: 'EADDRINUSE' });
  let isBusy = true;
  const { service, done } = observer({
    isMirror: async () => false,
    open: async () => {
      if (isBusy) throw busy;
    },
  });
  await assert.rejects(service.promote(), busy);
  assert.deepEqual([service.state, done], ['observing', ['begin', 'close', 'retire']]);
  isBusy = false;
  await service.promote();
  assert.equal(service.state, 'serving');
});

test('promote: servers that do not answer are named, and it can be tried again', async () => {
  const timeout = Object.assign(new Error('timeout'), { name: 'TimeoutError' });
  const answers = [() => Promise.reject(timeout), async () => false];
  const { service } = observer({ isMirror: async () => answers.shift()?.() ?? false, open: async () => {} });
  await assert.rejects(service.promote(), { name: 'ClusterError', code: 'NO_ANSWER' });
  assert.equal(service.state, 'observing');
  await service.promote();
  assert.equal(service.state, 'serving');
});

test('health: a node that serves is ready once its venue is set up, where it has to wait for that', async () => {
  const parts = { isMirror: async () => false, open: async () => {} };
  const readiness = async (awaitsSetUp: boolean): Promise<boolean[]> => {
    const { service } = observer({ ...parts, awaitsSetUp });
    const seen = [service.health().isReady];
    await service.promote();
    seen.push(service.health().isReady);
    service.onSetUp();
    return [...seen, service.health().isReady];
  };
  assert.deepEqual(await readiness(true), [false, false, true]);
  assert.deepEqual(await readiness(false), [false, true, true]);
});

test('health: a node that was cut off is what it became: stopped when its log ended, observing when it was demoted', async () => {
  const cutOff = async () => {
    const replica = { isServing: true, tick: () => {}, failure: undefined as Error | undefined };
    const nodeLog = { status: () => ({ isInDoubt: true }) };
    const { service } = observer({ isMirror: async () => false, open: async () => {}, replica, nodeLog });
    await service.promote();
    for (let second = 0; second < 12; second++) service.tick();
    assert.equal(service.health().state, 'cut off');
    // No tick of one that does not serve looks for the log again.
    replica.isServing = false;
    return { service, replica };
  };
  const stopped = await cutOff();
  stopped.replica.failure = new Error('the stream is another log by now');
  assert.equal(stopped.service.health().state, 'stopped');
  const demoted = await cutOff();
  await demoted.service.demote(0);
  demoted.service.tick();
  assert.equal(demoted.service.health().state, 'observing');
});
