import { crc32c } from '#lib/crc32c.ts';
import {
  BEHIND,
  HEAD_BYTES,
  isPadding,
  MANIFEST_BYTES_MAX,
  parseManifest,
  type SnapshotError,
  type SnapshotManifest,
  unusable,
} from './snapshot-file.ts';

/**
 * Passes a snapshot's bytes on and checks each of them on its way, as `readSnapshot` does: so whoever copies a snapshot copies a
 * whole one or fails. The last piece is passed on only when all that came was right.
 * @param path for messages
 * @throws SnapshotError naming file and offset
 */
export async function* checkedSnapshot(
  path: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const check = new SnapshotCheck(path);
  let held: Uint8Array | undefined;
  for await (const piece of source) {
    check.push(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  check.end();
  if (held !== undefined) yield held;
}

interface Column {
  readonly name: string;
  readonly bytes: number;
  readonly crc32c: number;
}

class SnapshotCheck {
  declare private readonly path: string;
  declare private manifest: SnapshotManifest | undefined;
  /** Head and manifest, as far as they have come. */
  declare private front: Buffer;
  declare private columns: readonly Column[];
  /** The column that is being read, how much of it and of the zeros behind it is still to come, and the checksum so far. */
  declare private column: number;
  declare private left: number;
  declare private padding: number;
  declare private crc: number;
  /** Where it begins. */
  declare private offset: number;

  constructor(path: string) {
    this.path = path;
    this.manifest = undefined;
    this.front = Buffer.alloc(0);
    this.columns = [];
    this.column = 0;
    this.left = 0;
    this.padding = 0;
    this.crc = 0;
    this.offset = 0;
  }

  /** @throws SnapshotError */
  push(piece: Uint8Array): void {
    let rest = piece;
    if (this.manifest === undefined) {
      this.front = Buffer.concat([this.front, piece]);
      const frontBytes = this.#frontBytes();
      if (this.front.length < frontBytes) return;
      this.#readFront();
      rest = this.front.subarray(frontBytes);
      this.front = Buffer.alloc(0);
    }
    while (rest.length > 0) {
      if (this.column === this.columns.length) throw unusable(this.path, this.offset, BEHIND);
      const read = Math.min(this.left, rest.length);
      this.crc = crc32c(rest.subarray(0, read), this.crc);
      this.left -= read;
      if (this.left > 0) return;
      const passed = Math.min(this.padding, rest.length - read);
      if (!isPadding(rest.subarray(read, read + passed))) throw this.#damaged('is damaged');
      this.padding -= passed;
      if (this.padding === 0) this.#endColumn();
      rest = rest.subarray(read + passed);
    }
  }

  /** The source has ended. @throws SnapshotError */
  end(): void {
    if (this.manifest === undefined) this.#readFront();
    // Columns without bytes may be the last ones.
    while (this.column < this.columns.length && this.left + this.padding === 0) this.#endColumn();
    if (this.column < this.columns.length) throw this.#damaged('ends too early');
  }

  #frontBytes(): number {
    if (this.front.length < HEAD_BYTES) return HEAD_BYTES;
    return HEAD_BYTES + Math.min(this.front.readUInt32LE(8), MANIFEST_BYTES_MAX);
  }

  #readFront(): void {
    this.manifest = parseManifest(this.path, (to, at) => this.front.copy(to, 0, at));
    this.columns = this.manifest.stores.flatMap(({ name, columns }) =>
      columns.map((column) => ({ ...column, name: `${name}.${column.name}` })),
    );
    this.offset = this.#frontBytes();
    this.#beginColumn();
  }

  #beginColumn(): void {
    const bytes = this.columns[this.column]?.bytes ?? 0;
    this.left = bytes;
    this.padding = -bytes & 7;
    this.crc = 0;
  }

  #endColumn(): void {
    const { bytes, crc32c: expected } = this.columns[this.column];
    if (this.crc >>> 0 !== expected) throw this.#damaged('is damaged');
    this.offset += bytes + (-bytes & 7);
    this.column++;
    this.#beginColumn();
  }

  #damaged(what: string): SnapshotError {
    return unusable(this.path, this.offset, `column ${this.columns[this.column].name} ${what}`);
  }
}
