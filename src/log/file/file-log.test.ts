import { join } from 'node:path';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { testLogContract } from '../log-contract.ts';
import { createFileLog, FileLog } from './file-log.ts';
import { LogId } from './format.ts';
import { PowerCutDisk } from './power-cut-disk.ts';

const logId = new LogId('0f0e0d0c-0b0a-4908-8706-050403020100');

const scratch = temporaryDirectory('log');

let directories = 0;
const sizes = { segmentBytes: 320 * 1024, commitBytesMax: 300 * 1024 };

testLogContract('file', () => {
  const directory = join(scratch, String(directories++));
  return {
    create: (clock, follower) => {
      createFileLog(directory, logId, clock, sizes.segmentBytes);
      return FileLog.open({ directory, logId, clock, follower, ...sizes });
    },
    reopen: (clock, follower) => FileLog.open({ directory, logId, clock, follower, ...sizes }),
  };
});

testLogContract('file, on a disk in memory', () => {
  const disk = new PowerCutDisk({ random: () => 0 });
  const directory = '/log';
  const options = { directory, logId, disk, segmentBytes: 320 * 1024, commitBytesMax: 300 * 1024 };
  return {
    create: (clock, follower) => {
      createFileLog(directory, logId, clock, 1024, disk);
      return FileLog.open({ ...options, clock, follower });
    },
    reopen: (clock, follower) => FileLog.open({ ...options, clock, follower }),
  };
});
