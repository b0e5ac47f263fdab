import { testLogContract } from '../log-contract.ts';
import { MemoryLog } from './memory-log.ts';

testLogContract('memory', () => ({ create: (clock, reader) => new MemoryLog(clock, reader) }));
