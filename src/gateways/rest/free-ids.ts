/** Hands out numbers that nothing has, from 1 up: each once. */
export class FreeIds {
  declare private last: number;
  declare readonly isTaken: (id: number) => boolean;

  constructor(isTaken: (id: number) => boolean) {
    this.last = 0;
    this.isTaken = isTaken;
  }

  next(): number {
    do this.last++;
    while (this.isTaken(this.last));
    return this.last;
  }
}
