import { after, before } from 'node:test';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { testLogContract } from '../log-contract.ts';
import { StreamFixture } from './test-support.ts';

const skip = whyNoNats();
let servers: NatsServers;
const fixtures: StreamFixture[] = [];

before(async () => {
  if (skip === undefined) servers = await NatsServers.start({ count: 1 });
});
after(async () => {
  for (const fixture of fixtures) await fixture.close();
  await servers?.close();
});

testLogContract(
  'jetstream',
  () => {
    let fixture: StreamFixture;
    const open = async (follower: Parameters<StreamFixture['open']>[1]) => {
      const log = await fixture.open('node', follower);
      await log.catchUp();
      return log;
    };
    return {
      create: async (_clock, follower) => {
        fixture = await StreamFixture.create(servers.urls);
        fixtures.push(fixture);
        return open(follower);
      },
      reopen: async (_clock, follower) => open(follower),
    };
  },
  skip === undefined ? {} : { skip },
);
