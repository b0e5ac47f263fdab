import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import { protectionFault, speaksTls } from '../config/access-section.ts';
import { clusterDefaults } from '../config/cluster-section.ts';
import {
  type Configuration,
  defaultConfiguration,
  loadConfiguration,
  nodeConfigOf,
} from '../config/configuration.ts';
import { OPEN_SESSION_FAULT, openSessions } from '../config/fix-section.ts';
import { DemoError, isForDemo, type RunningDemo, startDemo } from '../demo/demo-market.ts';
import { endOnSignal, STOP_SIGNALS } from '../end-on-signal.ts';
import { addFirstAdmin, type FirstAdmin } from '../first-admin.ts';
import { type NodeLogger, type RunningNode, startNode } from '../node.ts';
import { VenueSetupError } from '../operator.ts';
import { setUpReplay } from '../replay/participants.ts';
import { type AddedUser, setUpVenue, type VenueSetup } from '../venue-setup.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { type LogFormat, nodeLogger } from './node-log.ts';
import { type NodeRequest, serveNode } from './node-socket.ts';
import { directoryOption, nodeIdOption, portOption, serversOption } from './options.ts';
import type { Output } from './output.ts';
import { readyText } from './ready-text.ts';

interface StartOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly nodeId?: number | 'auto';
  readonly ouchHost?: string;
  readonly ouchPort?: number;
  readonly marketDataHost?: string;
  readonly marketDataPort?: number;
  readonly snapshotPort?: number;
  readonly httpHost?: string;
  readonly httpPort?: number;
  readonly fixHost?: string;
  readonly fixPort?: number;
  readonly operationsPort?: number;
  readonly cluster?: readonly string[];
  readonly observe?: boolean;
  readonly logLevel?: Configuration['logLevel'];
  readonly logFormat?: LogFormat;
  readonly demo?: boolean;
}

/** `hive start`: runs a node until it is told to stop. */
export function startCommand(output: () => Output): Command {
  const { dataDirectory, nodeId, ouch, marketData, http, fix, operations } = defaultConfiguration();
  return new Command('start')
    .description('run a node, with a demo market unless told otherwise, until Ctrl-C')
    .option(
      '--config <file>',
      'configuration file (docs/configuration.md); options here go before it, and it before the defaults',
    )
    .option(
      '--data-dir <directory>',
      `where the node keeps its log and snapshots; default: ${dataDirectory}`,
      directoryOption,
    )
    .option(
      '--node-id <number>',
      `number of the node; default: ${nodeId}; auto: the nodes of a cluster share them out`,
      nodeIdOption,
    )
    .option('--ouch-host <host>', `address for orders; default: ${ouch.host}`)
    .option('--ouch-port <port>', `port for orders; default: ${ouch.port}; 0: any free one`, portOption)
    .option('--market-data-host <host>', `address for market data; default: ${marketData.host}`)
    .option(
      '--market-data-port <port>',
      `port for market data; default: ${marketData.port}; 0: any free one`,
      portOption,
    )
    .option(
      '--snapshot-port <port>',
      `port for market-data snapshots; default: ${marketData.snapshotPort}; 0: any free one`,
      portOption,
    )
    .option('--http-host <host>', `address of the HTTP door; default: ${http.host}`)
    .option('--http-port <port>', `port of the HTTP door; default: ${http.port}; 0: any free one`, portOption)
    .option('--fix-host <host>', `address of the FIX door; default: ${fix.host}`)
    .option('--fix-port <port>', `port of the FIX door; default: ${fix.port}; 0: any free one`, portOption)
    .option(
      '--operations-port <port>',
      `port for load balancers; default: ${operations.port}; 0: any free one`,
      portOption,
    )
    .option(
      '--cluster <servers>',
      'be a node of the cluster whose log is on these nats-servers, as nats://a:4222,nats://b:4222',
      serversOption,
    )
    .option('--observe', 'of a cluster: apply the log and serve nobody, until `hive admin promote`')
    .option('--no-observe', 'of a cluster: serve, whatever the configuration file says')
    .addOption(
      new Option('--log-level <level>', 'least severe lines').choices(['debug', 'info', 'warn', 'error']),
    )
    .addOption(new Option('--log-format <format>', 'lines on standard error').choices(['text', 'json']))
    .option(
      '--demo',
      'run the demo market; default, unless the configuration has a venue or the node is of a cluster',
    )
    .option('--no-demo', 'an empty venue, or the one that the configuration describes')
    .action((options: StartOptions) => start(options, output()));
}

interface StartConfiguration extends Configuration {
  /** Whether somebody asked for the demo market: it is the default besides. */
  readonly isDemoAskedFor: boolean;
}

/** The configuration file, or the defaults, with the options of the command line over it. */
export function configurationOf(options: StartOptions): StartConfiguration {
  const base = options.config === undefined ? defaultConfiguration() : loadConfiguration(options.config);
  const { ouch, marketData, http, fix, operations, demo } = base;
  const cluster = clusterOf(options, base);
  // One demo market is enough for a cluster.
  const wanted = options.demo ?? demo.enabled;
  const enabled = wanted ?? (base.venue === undefined && cluster === undefined);
  if (enabled && base.venue !== undefined) {
    throw new CliError(
      ExitCode.Usage,
      `the demo market brings its own venue, but ${options.config} has a venue section: leave out --demo, or that section`,
    );
  }
  const nodeId = options.nodeId ?? base.nodeId;
  if (nodeId === 'auto' && cluster === undefined) {
    throw new CliError(
      ExitCode.Usage,
      'nodeId: auto is for a node of a cluster, whose servers share the numbers out: name them with --cluster, or give the node a number',
    );
  }
  const configuration: StartConfiguration = {
    ...base,
    isDemoAskedFor: wanted === true,
    dataDirectory: options.dataDir ?? base.dataDirectory,
    nodeId,
    logLevel: options.logLevel ?? base.logLevel,
    logFormat: options.logFormat ?? base.logFormat,
    ouch: { ...ouch, host: options.ouchHost ?? ouch.host, port: options.ouchPort ?? ouch.port },
    marketData: {
      ...marketData,
      host: options.marketDataHost ?? marketData.host,
      port: options.marketDataPort ?? marketData.port,
      snapshotPort: options.snapshotPort ?? marketData.snapshotPort,
    },
    http: { ...http, host: options.httpHost ?? http.host, port: options.httpPort ?? http.port },
    fix: { ...fix, host: options.fixHost ?? fix.host, port: options.fixPort ?? fix.port },
    operations: { ...operations, port: options.operationsPort ?? operations.port },
    cluster,
    demo: { ...demo, enabled },
  };
  checkProtection(configuration);
  return configuration;
}

function clusterOf(options: StartOptions, { cluster }: Configuration): ClusterSettings | undefined {
  const base =
    options.cluster === undefined ? cluster : { ...clusterDefaults(), ...cluster, servers: options.cluster };
  if (base === undefined && options.observe === true) {
    throw new CliError(
      ExitCode.Usage,
      '--observe is for a node of a cluster: name its servers with --cluster, too',
    );
  }
  return base && { ...base, observe: options.observe ?? base.observe };
}

/** Options may have put a listener where its section does not allow it. */
function checkProtection({ ouch, marketData, http, fix, operations, tls, demo }: Configuration): void {
  const hasTls = tls !== undefined;
  for (const [name, listener] of Object.entries({ ouch, marketData, http, fix, operations })) {
    const fault = protectionFault(listener, hasTls);
    if (fault !== undefined) throw new CliError(ExitCode.Usage, `${name}.${fault.key}: ${fault.message}`);
  }
  if (!fix.allowPlaintext && openSessions(fix, tls).length > 0) {
    throw new CliError(ExitCode.Usage, `fix.sessions.logon: ${OPEN_SESSION_FAULT}`);
  }
  if (demo.enabled === true && speaksTls(ouch, hasTls)) {
    throw new CliError(
      ExitCode.Usage,
      'the demo market trades without TLS: set ouch.tls: false and leave ouch.host on loopback, or start with --no-demo',
    );
  }
}

/** A name without an address would be found when threads open their doors, and could not be told from a server that nobody finds. */
async function checkHosts({ ouch, marketData, http, fix, operations }: Configuration): Promise<void> {
  const listeners = { ouch, marketData, http, fix, operations };
  for (const [name, listener] of Object.entries(listeners)) {
    const { host } = listener;
    if (isIP(host) !== 0 || ('enabled' in listener && !listener.enabled)) continue;
    try {
      await lookup(host);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CliError(
        code === 'ENOTFOUND' ? ExitCode.Usage : ExitCode.Failure,
        `${name}.host: ${host} has no address (${code}): correct it, or let this machine find the name`,
        { cause: error },
      );
    }
  }
}

async function start(options: StartOptions, output: Output): Promise<void> {
  const configuration = configurationOf(options);
  const logger = nodeLogger(configuration.logLevel, configuration.logFormat);
  output.outlive(({ message }) =>
    logger.warn(
      {},
      `standard output is lost: ${message}. The node goes on; what it says from now on is here`,
    ),
  );
  for (const { compId, subId } of openSessions(configuration.fix, configuration.tls)) {
    logger.warn(
      { compId, subId },
      'this FIX session needs neither a password nor a certificate: the network says who connects',
    );
  }
  const begun = endOnSignal(logger, 'the node was not ready yet');
  await checkHosts(configuration);
  await checkBackup(configuration.backup);
  const node = await startNode({ ...nodeConfigOf(configuration), awaitsSetUp: true }, logger);
  let closeSocket: (() => Promise<void>) | undefined;
  let demo: RunningDemo | undefined;
  try {
    const addresses = addressesOf(configuration, node);
    closeSocket = await serveNode(configuration.dataDirectory, async (request) => {
      if (request.ask === 'cluster') return node.clusterView();
      await obey(request, node);
      if (request.ask === 'promote') await prepareReplay(configuration, node, logger);
      return {
        pid: process.pid,
        dataDirectory: resolve(configuration.dataDirectory),
        ...addressesOf(configuration, node),
        ...node.status(),
      };
    });
    if (node.status().state === 'serving') {
      demo = await demoOf(configuration, node, logger);
      const setup = demo === undefined ? await venueOf(configuration, node, output) : demo.setup;
      report(setup, logger);
      if (configuration.replay !== undefined) report(await setUpReplay(node), logger);
      reportAdmin(await addFirstAdmin(node, (message) => logger.warn({}, message)), output);
    }
    node.onSetUp();
    const ready = {
      event: 'ready',
      pid: process.pid,
      nodeId: node.status().nodeId,
      dataDirectory: resolve(configuration.dataDirectory),
      ...addresses,
      sequence: node.status().sequence,
      demo: demo?.symbols ?? [],
    };
    begun();
    const stopping = stopSignal();
    output.result(ready, () => readyText(configuration, ready));
    const signal = await stopping;
    logger.info({ signal }, 'stopping');
  } finally {
    await demo?.close();
    await closeSocket?.();
    await node.close();
  }
  output.result({ event: 'stopped' }, 'stopped');
}

async function obey(request: NodeRequest, node: RunningNode): Promise<void> {
  if (request.ask === 'promote') await node.promote(request.takeOver);
  else if (request.ask === 'demote') await node.demote(request.drainMs);
  else if (request.ask === 'rotateKey') await node.rotateKey();
  else if (request.ask !== 'status') throw new Error('this build of the node does not know that request');
}

/** Refuses a start with a backup that could never work. Loaded only where there is one: it is not for this thread. */
async function checkBackup(backup: Configuration['backup']): Promise<void> {
  if (backup === undefined) return;
  const [{ openTarget }, { readKeyFile }] = await Promise.all([
    import('../backup/open-target.ts'),
    import('../backup/key-file.ts'),
  ]);
  openTarget(backup.to);
  if (backup.keyFile !== undefined) readKeyFile(backup.keyFile);
}

/** Resolves at the first request to stop; later ones change nothing, so that Ctrl-C twice still ends in order. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolveSignal) => {
    for (const signal of STOP_SIGNALS) process.on(signal, resolveSignal);
  });
}

function addressesOf({ ouch, marketData, http, fix, operations }: Configuration, node: RunningNode) {
  return {
    ouch: { host: ouch.host, port: node.ouchPort },
    marketData: {
      host: marketData.host,
      port: node.marketDataPort,
      snapshotPort: node.snapshotPort,
    },
    ...(http.enabled ? { http: { host: http.host, port: node.edgePorts['http'] } } : {}),
    ...(fix.enabled ? { fix: { host: fix.host, port: node.edgePorts['fix'] } } : {}),
    ...(operations.enabled ? { operations: { host: operations.host, port: node.operationsPort } } : {}),
  };
}

/** @throws DemoError where it was asked for and has no place, before anything is added to the venue */
async function demoOf(
  { demo, dataDirectory, isDemoAskedFor }: StartConfiguration,
  node: RunningNode,
  logger: NodeLogger,
): Promise<RunningDemo | undefined> {
  if (demo.enabled !== true) return undefined;
  if (!isForDemo(node, dataDirectory)) {
    const why = `the venue in ${dataDirectory} is not the demo market's`;
    if (isDemoAskedFor) {
      throw new DemoError(
        `${why}, which begins in an empty venue only: start without --demo, or with a new --data-dir`,
      );
    }
    logger.warn(
      {},
      `${why}: this start is without it. Was --config forgotten? Say --no-demo where it was not; for a demo market name a new --data-dir`,
    );
    return undefined;
  }
  const { seed, messagesPerSecond } = demo;
  return startDemo(node, { dataDirectory, ouchPort: node.ouchPort, seed, messagesPerSecond }, logger);
}

async function venueOf({ venue }: Configuration, node: RunningNode, output: Output): Promise<VenueSetup> {
  if (venue === undefined) return { added: 0, users: [], warnings: [] };
  return setUpVenue(node, venue, undefined, (user) => reportUser(user, output));
}

/** What a node that served from its start would have added. It serves all the same when the venue does not take that. */
async function prepareReplay(
  { replay }: Configuration,
  node: RunningNode,
  logger: NodeLogger,
): Promise<void> {
  if (replay === undefined) return;
  try {
    report(await setUpReplay(node), logger);
  } catch (error) {
    if (!(error instanceof VenueSetupError)) throw error;
    logger.warn({ code: error.code }, `this node serves, but cannot replay: ${error.message}`);
  }
}

function report(setup: VenueSetup, logger: NodeLogger): void {
  for (const warning of setup.warnings) logger.warn({}, warning);
  if (setup.added > 0) logger.info({ added: setup.added }, 'venue set up');
}

function reportUser({ name, generatedPassword }: AddedUser, output: Output): void {
  if (generatedPassword === undefined) return;
  output.result(
    { event: 'user-added', user: name, password: generatedPassword },
    `user ${name} was added with the password ${generatedPassword}: keep it, it is not shown again`,
  );
}

function reportAdmin(admin: FirstAdmin | undefined, output: Output): void {
  if (admin === undefined) return;
  const { name, password } = admin;
  output.result(
    { event: 'admin-added', user: name, oneTimePassword: password },
    `user ${name} administers the venue. Its one-time password is ${password}: keep it, it is not shown again. Log in with it and set another; until then it allows nothing else`,
  );
}
