import type { FixStream, StreamRecordKind } from './fix-stream.ts';

/** For tests: a stream whose user can be frozen. While it is, its calls have not begun. */
export class GatedStream implements FixStream {
  declare private readonly stream: FixStream;
  declare private gate: PromiseWithResolvers<void> | undefined;

  constructor(stream: FixStream) {
    this.stream = stream;
    this.gate = undefined;
  }

  freeze(): void {
    this.gate ??= Promise.withResolvers();
  }

  thaw(): void {
    this.gate?.resolve();
    this.gate = undefined;
  }

  async append(sessionId: string, kind: StreamRecordKind, bytes: Uint8Array): Promise<void> {
    await this.gate?.promise;
    await this.stream.append(sessionId, kind, bytes);
  }

  async next(sessionId: string, sequence: number): ReturnType<FixStream['next']> {
    await this.gate?.promise;
    return this.stream.next(sessionId, sequence);
  }

  async last(sessionId: string): ReturnType<FixStream['last']> {
    await this.gate?.promise;
    return this.stream.last(sessionId);
  }

  async sessionIds(): ReturnType<FixStream['sessionIds']> {
    await this.gate?.promise;
    return this.stream.sessionIds();
  }

  announce(sessionId: string): void {
    this.stream.announce(sessionId);
  }

  onAnnounced(onClaim: (sessionId: string) => void): void {
    this.stream.onAnnounced(onClaim);
  }
}
