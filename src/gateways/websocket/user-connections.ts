/** Counts the connections that each user has proven itself on. No larger than the connections that stand. */
export class UserConnections {
  /** Connections of one user. */
  declare readonly max: number;
  declare private readonly counts: Map<number, number>;

  constructor(max: number) {
    this.max = max;
    this.counts = new Map();
  }

  /** Users who have one. */
  get users(): number {
    return this.counts.size;
  }

  /** Takes a place; false when the user has all of its own. */
  enter(userId: number): boolean {
    const count = this.counts.get(userId) ?? 0;
    if (count >= this.max) return false;
    this.counts.set(userId, count + 1);
    return true;
  }

  leave(userId: number): void {
    const left = (this.counts.get(userId) ?? 1) - 1;
    if (left === 0) this.counts.delete(userId);
    else this.counts.set(userId, left);
  }
}
