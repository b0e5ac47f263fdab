import { emptyRecord, type RecordKind, type RecordMemory, type RecordView, readRecord } from './records.ts';

/** Goes through the records of a memory, one by one. */
export class RecordCursor {
  /** The record that `next` found last. */
  declare readonly record: RecordView;
  declare private readonly memory: RecordMemory;
  declare private readonly to: number;

  /** @param from where the first record begins @param to where the last one ends */
  constructor(memory: RecordMemory, from: number, to: number) {
    this.record = emptyRecord();
    this.record.end = from;
    this.memory = memory;
    this.to = to;
  }

  /** @returns false when no further record is whole and undamaged */
  next(): boolean {
    return readRecord(this.memory, this.record.end, this.to, this.record);
  }

  /** A copy of the next record, which has to be there, and of this kind. @throws Error */
  expect(kind: RecordKind): RecordView {
    const at = this.record.end;
    if (!this.next()) throw new Error(`it is cut short or damaged at byte ${at}`);
    if (this.record.kind !== kind) throw new Error(`it has a record of another kind at byte ${at}`);
    return { ...this.record };
  }
}
