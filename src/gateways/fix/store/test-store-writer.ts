/** Writes messages to the store in the directory of its argument, and says each number once it is flushed, until it is killed. */
import { writeSync } from 'node:fs';
import { fixBytes } from '#codec/fix/test-support.ts';
import { FileFixStore } from './file-fix-store.ts';

const store = new FileFixStore(process.argv[2] as string, 1_000, { messageBytesMax: 512, bootId: 'boot-1' });
for (let number = 1; ; number++) {
  const bytes = fixBytes(`8|58=message ${number}|`);
  store.append(5_000 + number, 1, number, bytes, 0, 2, 2, bytes.length);
  store.flush();
  writeSync(1, `${number}\n`);
}
