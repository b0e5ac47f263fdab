import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { MONITORING, RULES_FILE } from './alert-rules.ts';
import { freePorts } from './free-ports.ts';
import { type Program, serverCommand } from './prometheus.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const POLL_MS = 100;
const PATIENCE_MS = 60_000;
const LOG_LINES = 10;
const KEEP_ALIVE_MS = 600_000;
const NOTICES_SHOWN = 30;

/** An alert as Alertmanager told a receiver of it. */
export interface Notice {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: { readonly [name: string]: string };
  readonly annotations: { readonly [name: string]: string };
}

type Labels = Notice['labels'];

/** What of an alert in Alertmanager is looked at. */
interface ManagedAlert {
  readonly labels: Labels;
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] };
}

/**
 * The rules as they are but for time, so that a test need not wait for hours: every `for` and every interval of evaluation is a second, and every range
 * is 5 seconds. Thresholds, expressions, labels and texts stay. This is the only place where rules of the test differ.
 */
export function fastRules(text: string): string {
  return text
    .replace(/^( +for: ).*$/gm, '$11s')
    .replace(/^( +interval: ).*$/gm, '$11s')
    .replace(/\[\d+[smhd]\]/g, '[5s]')
    .replace(/ offset \d+[smhd]/g, ' offset 5s');
}

/**
 * Alertmanager's configuration as it is, with its routes and inhibition, but for time and for where notices go: each receiver is a path of the
 * webhook at this port.
 */
export function webhookConfig(text: string, port: number): string {
  const config = parse(text, { merge: true }) as { route: object; receivers: { name: string }[] };
  const isDuration = /^(group_wait|group_interval)$/;
  const fast = JSON.stringify(config.route, (name, value) => (isDuration.test(name) ? '1s' : value));
  const receivers = config.receivers.map(({ name }) => ({
    name,
    webhook_configs: [{ url: `http://127.0.0.1:${port}/${name}`, send_resolved: true }],
  }));
  const { inhibit_rules } = config as { inhibit_rules?: unknown };
  return stringify({ route: JSON.parse(fast), inhibit_rules, receivers });
}

/** Prometheus and Alertmanager, real ones, that watch nodes and tell a webhook. They end with the test. */
export class AlertingStack {
  /** All that came, in order. */
  readonly notices: Notice[] = [];
  declare private readonly directory: string;
  declare private readonly webhook: Server;
  declare private readonly processes: ChildProcess[];
  declare private prometheus: string;
  declare private alertmanager: string;

  private constructor() {
    this.directory = temporaryDirectory('alerting');
    this.processes = [];
    this.prometheus = '';
    this.alertmanager = '';
    this.webhook = createServer(async (request, response) => {
      const { receiver, alerts } = JSON.parse(await bodyOf(request)) as {
        receiver: string;
        alerts: Omit<Notice, 'receiver'>[];
      };
      for (const alert of alerts) this.notices.push({ ...alert, receiver });
      response.end();
    });
  }

  /** @param targets ports of metrics, by the name that the node has as label `instance` */
  static async start(
    t: TestContext,
    targets: { readonly [instance: string]: number },
  ): Promise<AlertingStack> {
    const stack = new AlertingStack();
    t.after(() => stack.#close());
    await stack.#start(targets);
    return stack;
  }

  async #start(targets: { readonly [instance: string]: number }): Promise<void> {
    // Alertmanager uses its connections again; one that is just being closed would cost a notice its first try.
    this.webhook.keepAliveTimeout = KEEP_ALIVE_MS;
    this.webhook.listen(0, '127.0.0.1');
    await once(this.webhook, 'listening');
    const { port: webhookPort } = this.webhook.address() as AddressInfo;
    const [prometheusPort, alertmanagerPort] = await freePorts(2);
    const at = (name: string): string => join(this.directory, name);
    writeFileSync(at('rules.yaml'), fastRules(readFileSync(RULES_FILE, 'utf8')));
    const alertmanagerFile = join(MONITORING, 'alertmanager/alertmanager.yaml');
    writeFileSync(
      at('alertmanager.yaml'),
      webhookConfig(readFileSync(alertmanagerFile, 'utf8'), webhookPort),
    );
    cpSync(join(MONITORING, 'alertmanager/templates'), at('templates'), { recursive: true });
    writeFileSync(
      at('prometheus.yaml'),
      stringify({
        global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
        rule_files: ['rules.yaml'],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
        scrape_configs: [
          {
            job_name: 'hive',
            static_configs: Object.entries(targets).map(([instance, port]) => ({
              targets: [`127.0.0.1:${port}`],
              labels: { instance },
            })),
          },
        ],
      }),
    );
    mkdirSync(at('data'));
    this.alertmanager = `http://127.0.0.1:${alertmanagerPort}`;
    this.#spawn('prometheus-alertmanager', [
      `--config.file=${at('alertmanager.yaml')}`,
      `--storage.path=${at('alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ]);
    await this.#ready(this.alertmanager);
    this.#spawn('prometheus', [
      `--config.file=${at('prometheus.yaml')}`,
      `--storage.tsdb.path=${at('data')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      '--rules.alert.resend-delay=1s',
      '--log.level=warn',
    ]);
    this.prometheus = `http://127.0.0.1:${prometheusPort}`;
    await this.#ready(this.prometheus);
  }

  /** Resolves with the next notice, from the `from`th on, that an alert with these labels fires, at this receiver. */
  async fires(labels: Labels, receiver: string, from = 0): Promise<Notice> {
    return this.#notice('firing', labels, receiver, from);
  }

  /** The same of its end. */
  async clears(labels: Labels, receiver: string, from = 0): Promise<Notice> {
    return this.#notice('resolved', labels, receiver, from);
  }

  /** Resolves when Alertmanager has the alert and keeps it back because of another one. */
  async isInhibited(labels: Labels): Promise<void> {
    await this.#until(`inhibited ${JSON.stringify(labels)}`, async () => {
      const alerts = await jsonOf<ManagedAlert[]>(`${this.alertmanager}/api/v2/alerts`);
      return (
        alerts.some((alert) => includes(alert.labels, labels) && alert.status.inhibitedBy.length > 0) ||
        undefined
      );
    });
  }

  /** Resolves when every node is up and none of these alerts is known to anybody: what fires from now on is new. */
  async isQuiet(...alertnames: string[]): Promise<void> {
    await this.#until(`quiet ${alertnames}`, async () => {
      const { data } = await jsonOf<{ data: { result: { value: [number, string] }[] } }>(
        `${this.prometheus}/api/v1/query?query=min(up)`,
      );
      const known = await jsonOf<{ data: { alerts: { labels: Labels }[] } }>(
        `${this.prometheus}/api/v1/alerts`,
      );
      const told = await jsonOf<ManagedAlert[]>(`${this.alertmanager}/api/v2/alerts`);
      const alerts = [...known.data.alerts, ...told];
      const isLoud = alerts.some(({ labels }) => alertnames.includes(labels['alertname'] ?? ''));
      return (data.result[0]?.value[1] === '1' && !isLoud) || undefined;
    });
  }

  #notice(status: Notice['status'], labels: Labels, receiver: string, from: number): Promise<Notice> {
    return this.#until(`${status} ${JSON.stringify(labels)} at ${receiver}`, () =>
      this.notices
        .slice(from)
        .find(
          (notice) =>
            notice.status === status && notice.receiver === receiver && includes(notice.labels, labels),
        ),
    );
  }

  async #until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > end) {
        const told = this.notices
          .slice(-NOTICES_SHOWN)
          .map(({ receiver, status, labels }) => `${receiver} ${status} ${JSON.stringify(labels)}`);
        assert.fail(`not ${what} within ${PATIENCE_MS} ms; what came:\n${told.join('\n')}\n${this.#logs()}`);
      }
      await sleep(POLL_MS);
    }
  }

  async #ready(url: string): Promise<void> {
    await this.#until(`ready ${url}`, async () => {
      const response = await fetch(`${url}/-/ready`).catch(() => undefined);
      return response?.ok || undefined;
    });
  }

  /** The end of what the servers said. */
  #logs(): string {
    return ['prometheus', 'prometheus-alertmanager']
      .map((program) => join(this.directory, `${program}.log`))
      .flatMap((file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-LOG_LINES) : []))
      .join('\n');
  }

  #spawn(program: Program, parameters: readonly string[]): void {
    const log = openSync(join(this.directory, `${program}.log`), 'a');
    // setpriv has the kernel end it when this process ends, however that ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...serverCommand(program), ...parameters], {
      cwd: this.directory,
      stdio: ['ignore', log, log],
    });
    this.processes.push(child);
  }

  async #close(): Promise<void> {
    await Promise.all(
      this.processes.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
    this.webhook.closeAllConnections();
    this.webhook.close();
  }
}

function includes(all: Labels, some: Labels): boolean {
  return Object.entries(some).every(([name, value]) => all[name] === value);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

async function jsonOf<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return (await response.json()) as T;
}
