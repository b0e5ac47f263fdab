import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricName } from '#projections/metrics/catalogue.ts';

/**
 * Stands between Prometheus and a node: the node may come back at another port without becoming another one to Prometheus, and what a test cannot do to
 * the machine (move its clock, damage its memory) it can put into the figures on their way.
 */
export class MetricsTap {
  /** Port of the node's operations; 0: the node is down. */
  declare nodePort: number;
  declare private readonly server: Server;
  /** By metric. */
  declare private readonly planted: Map<MetricName, string>;

  private constructor() {
    this.nodePort = 0;
    this.planted = new Map();
    this.server = createServer((request, response) => {
      this.#metrics(request.url ?? '').then(
        (text) => response.end(text),
        () => response.destroy(),
      );
    });
  }

  static async listen(): Promise<MetricsTap> {
    const tap = new MetricsTap();
    tap.server.listen(0, '127.0.0.1');
    await once(tap.server, 'listening');
    return tap;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on every sample of the metric has this value; one is made where there is none. */
  plant(metric: MetricName, value: string): void {
    this.planted.set(metric, value);
  }

  /** The node's own figure again. */
  heal(metric: MetricName): void {
    this.planted.delete(metric);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #metrics(path: string): Promise<string> {
    if (this.nodePort === 0) throw new Error('the node is down');
    const response = await fetch(`http://127.0.0.1:${this.nodePort}${path}`, {
      signal: AbortSignal.timeout(2_000),
    });
    if (!response.ok) throw new Error(`the node answers ${response.status}`);
    let text = await response.text();
    for (const [metric, value] of this.planted) {
      const samples = new RegExp(`^(${metric}(?:\\{.*\\})?) .*$`, 'gm');
      text = samples.test(text) ? text.replace(samples, `$1 ${value}`) : `${text}${metric} ${value}\n`;
    }
    return text;
  }
}
