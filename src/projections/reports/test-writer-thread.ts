import { workerData } from 'node:worker_threads';
import { ReportWriter } from './report-writer.ts';
import { randomBatches } from './test-support.ts';

/** For a test: an archive thread that writes random batches and says, batch by batch, how far it is. */
const { directory, seed, batches: count, eventsMax, users, archived } = workerData;
const { batches } = randomBatches(seed, count, eventsMax, users);
const writer = new ReportWriter({ directory, bufferedReports: 50, openFilesMax: 3 });
for (const { sequence, words, from, to } of batches) {
  writer.onEvents(words, from, to);
  writer.flush();
  new Float64Array(archived)[0] = sequence;
}
writer.close();
