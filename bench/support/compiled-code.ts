import type { CDPSession } from 'playwright-core';

/** What is read of a V8 heap snapshot: nodes are rows of numbers, one after the other. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      /** The names that the numbers of the first field, the type, stand for. */
      readonly node_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
}

/**
 * Bytes of a page's heap that V8 fills with what it makes of functions: bytecode, machine code, what it notes of their calls.
 * @throws Error where chromium's snapshots are of another shape
 */
export async function compiledCodeBytes(devTools: CDPSession): Promise<number> {
  const chunks: string[] = [];
  const onChunk = ({ chunk }: { readonly chunk: string }): void => void chunks.push(chunk);
  devTools.on('HeapProfiler.addHeapSnapshotChunk', onChunk);
  await devTools.send('HeapProfiler.takeHeapSnapshot');
  devTools.off('HeapProfiler.addHeapSnapshotChunk', onChunk);
  const { snapshot, nodes } = JSON.parse(chunks.join('')) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, sizeAt, code] = [
    fields.indexOf('type'),
    fields.indexOf('self_size'),
    types[0].indexOf('code'),
  ];
  if (typeAt !== 0 || sizeAt === -1 || code === -1)
    throw new Error('Heap snapshots of this chromium have no sizes of code: use the chromium of Debian.');
  let bytes = 0;
  for (let row = 0; row < nodes.length; row += fields.length)
    if (nodes[row + typeAt] === code) bytes += nodes[row + sizeAt];
  return bytes;
}
