/** An object as its store lists it. */
export interface ListedObject {
  readonly name: string;
  readonly size: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An object of the store is not what was put there. */
export class ObjectDamagedError extends Error {
  override readonly name = 'ObjectDamagedError';
}

/** Files in a store that all nodes share. */
export interface ObjectFiles {
  list(): Promise<readonly ListedObject[]>;
  /** Puts a file there under its own name; nobody sees it before it is whole. */
  put(path: string, metadata: Readonly<Record<string, string>>): Promise<void>;
  /** Copies one into a new file, durably; false: there is none, or not any more. @throws ObjectDamagedError */
  fetch(name: string, path: string): Promise<boolean>;
  delete(name: string): Promise<void>;
}
