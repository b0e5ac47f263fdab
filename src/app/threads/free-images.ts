/**
 * Has this thread's garbage collected once the present turn is over: the handles of an image's memory, which is 56 bytes for each
 * open order, and of the tables that the image replaced. They are so small that V8 would leave them, and so the memory, for as
 * long as the thread has little to do. An image is rare, and takes longer than this. Only where Node was started with
 * --expose-gc (bin/runtime.js); elsewhere the memory goes later.
 */
export function freeImages(): void {
  setImmediate(() => globalThis.gc?.());
}
