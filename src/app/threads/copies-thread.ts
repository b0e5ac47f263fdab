import { join } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Static } from 'typebox';
import { BackupError } from '#codec/backup/backup-error.ts';
import { isBackupId, parseManifestName } from '#codec/backup/object-names.ts';
import type { Backup, Snapshot } from '#codec/json/operate-json.ts';
import { secondText } from '#codec/json/schemas.ts';
import { formatTime } from '#codec/log/describe.ts';
import { CoreVersionError } from '#core/core-version.ts';
import { LogCorruptError } from '#domain/ports.ts';
import { AssertionError } from '#lib/assert.ts';
import {
  listSnapshots,
  readManifest,
  SnapshotError,
  type SnapshotFile,
  unlessRemoved,
} from '#replica/snapshot-file.ts';
import { BackupSet, PLAIN } from '../backup/backup-set.ts';
import { readKeyFile } from '../backup/key-file.ts';
import { openTarget } from '../backup/open-target.ts';
import { verifyBackup } from '../backup/verify-backup.ts';
import { verifySnapshot } from '../verify-snapshot.ts';
import type { CopiesAnswer, CopiesQuestion, CopiesThreadData, Found } from './messages.ts';

/** Backups that are listed, the newest. */
const BACKUPS_MAX = 100;

/**
 * Lists and verifies what the venue could be restored from. A thread of its own: it restores whole states, which takes long and
 * needs memory that is given back when the thread ends.
 */
class CopiesThread {
  declare private readonly data: CopiesThreadData;

  constructor(data: CopiesThreadData) {
    this.data = data;
  }

  run(): void {
    let turn = Promise.resolve();
    parentPort?.on('message', (question: CopiesQuestion) => {
      turn = turn.then(() => this.#answer(question));
    });
  }

  async #answer(question: CopiesQuestion): Promise<void> {
    const { id } = question;
    let answer: CopiesAnswer;
    try {
      answer = { id, found: await this.#find(question) };
    } catch (error) {
      const { message } = error as Error;
      const isOfTarget = question.ask === 'backups' || question.ask === 'verifyBackup';
      const code = isOfTarget && !(error instanceof AssertionError) ? 'backup-unavailable' : 'internal';
      answer = { id, refusal: { code, message } };
    }
    parentPort?.postMessage(answer);
  }

  #find(question: CopiesQuestion): Found | Promise<Found> {
    switch (question.ask) {
      case 'snapshots':
        return { snapshots: this.#snapshots() };
      case 'verifySnapshot':
        return this.#verifySnapshot(question.sequence);
      case 'backups':
        return this.#backups();
      case 'verifyBackup':
        return this.#verifyBackup(question.backupId);
    }
  }

  get #directory(): string {
    return join(this.data.dataDirectory, 'snapshots');
  }

  #snapshots(): Static<typeof Snapshot>[] {
    return listSnapshots(this.#directory).flatMap(({ path, sequence, bytes }) => {
      try {
        const manifest = unlessRemoved(() => readManifest(path));
        if (manifest === undefined) return [];
        const { timeSeconds, timeNanos, coreVersion, stateHash } = manifest;
        return { sequence, bytes, time: formatTime(timeSeconds, timeNanos), coreVersion, stateHash };
      } catch (error) {
        return { sequence, bytes, fault: (error as Error).message };
      }
    });
  }

  async #verifySnapshot(sequence: number): Promise<Found> {
    const file = listSnapshots(this.#directory).find((snapshot) => snapshot.sequence === sequence);
    return file === undefined ? { isMissing: true } : verifyListed(file, this.data.logId);
  }

  async #backups(): Promise<Found> {
    const set = this.#set();
    if (set === undefined) return { backups: undefined };
    const items: Static<typeof Backup>[] = [];
    const { whole, damaged } = await set.manifests(BACKUPS_MAX);
    for (const manifest of whole.reverse()) {
      const { id, createdAt, nodeId, isContinuous, keyId, snapshot, log, stateHash } = manifest;
      items.push({
        id,
        createdTime: createdAt,
        nodeId,
        isContinuous,
        ...(keyId === PLAIN ? {} : { keyId }),
        snapshotSequence: snapshot?.sequence ?? 0,
        sequence: log.lastSequence,
        time: formatTime(log.lastTimeSeconds, log.lastTimeNanos),
        stateHash,
      });
    }
    const faults = damaged.map(({ error }) => error.message);
    return { backups: { target: set.target.place, items, ...(faults.length === 0 ? {} : { faults }) } };
  }

  async #verifyBackup(backupId: string): Promise<Found> {
    const set = this.#set();
    if (set === undefined || !isBackupId(backupId)) return { isMissing: true };
    const names = await set.list('backups/');
    if (!names.some(({ name }) => parseManifestName(name) === backupId)) return { isMissing: true };
    return verified(async () => void (await verifyBackup(set, await set.manifest(backupId))));
  }

  /** undefined: the node is configured with no target. @throws BackupError */
  #set(): BackupSet | undefined {
    const { backup, logId } = this.data;
    if (backup === undefined) return undefined;
    const key = backup.keyFile === undefined ? undefined : readKeyFile(backup.keyFile);
    return new BackupSet(openTarget(backup.to), logId, key);
  }
}

/** What is found of a snapshot that was listed: the node may have removed it since. */
export async function verifyListed({ path }: SnapshotFile, logId: string): Promise<Found> {
  try {
    return await verified(() => {
      const { logId: found } = verifySnapshot(path);
      if (found !== logId) throw new SnapshotError(`${path} is of another log, ${found}: remove the file`);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { isMissing: true };
    throw error;
  }
}

/** Damage is what was looked for; that something could not be read is not. */
const DAMAGE: readonly string[] = ['DAMAGED', 'MISSING'];

function faultOf(error: unknown): string {
  const isDamage =
    error instanceof SnapshotError ||
    error instanceof LogCorruptError ||
    error instanceof CoreVersionError ||
    (error instanceof BackupError && DAMAGE.includes(error.code));
  if (!isDamage) throw error;
  return error.message;
}

async function verified(check: () => void | Promise<void>): Promise<Found> {
  const startedMs = performance.now();
  let fault: string | undefined;
  try {
    await check();
  } catch (error) {
    fault = faultOf(error);
  }
  return {
    verification: {
      isWhole: fault === undefined,
      ...(fault === undefined ? {} : { fault }),
      time: secondText(Math.floor(Date.now() / 1_000)),
      tookMs: Math.round(performance.now() - startedMs),
    },
  };
}

if (!isMainThread) new CopiesThread(workerData as CopiesThreadData).run();
