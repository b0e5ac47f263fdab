import { testFailover } from './failover-contract.ts';
import { SimulatedStream } from './store/simulated-stream.ts';

testFailover('simulated stream', async () => {
  const stream = new SimulatedStream();
  return [stream.from(), stream.from()];
});
