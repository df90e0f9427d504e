// The running gateway: runtimes, site, listeners, and their order of starting and stopping.

import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { CodedError } from '../runtime/errors.ts';
import { createAdminServer } from './admin/listener.ts';
import type { Address, Config } from './config/config.ts';
import { Runtimes } from './runtimes.ts';
import { buildSite, type Site } from './site.ts';
import type { Logger } from './telemetry/logger.ts';
import { accessLog, guestLog } from './telemetry/request-log.ts';
import { createHttpListener, type HttpListener } from './triggers/http/listener.ts';

export class Gateway {
  readonly #site: Site;
  readonly #runtimes: Runtimes;
  readonly #listener: HttpListener;
  readonly #admin: Server | undefined;
  readonly #logger: Logger;
  #address: AddressInfo | undefined;
  #adminAddress: AddressInfo | undefined;
  #state: 'starting' | 'serving' | 'draining' = 'starting';

  private constructor(config: Config, site: Site, runtimes: Runtimes, logger: Logger) {
    this.#site = site;
    this.#runtimes = runtimes;
    this.#logger = logger;
    this.#listener = createHttpListener({
      dispatch: (exchange) => this.#site.handler(exchange),
      limits: config.http,
      ...(config.log.access ? { onFinished: accessLog(logger) } : {}),
    });
    const readiness = { notReadyBecause: () => this.#notReadyBecause() };
    this.#admin = config.admin === null ? undefined : createAdminServer(readiness);
  }

  /**
   * Resolves when requests are served.
   * @throws ConfigError for modules that cannot be served; CodedError ERR_LISTEN for an address that cannot be bound
   */
  static async start(config: Config, logger: Logger): Promise<Gateway> {
    const runtimes = await Runtimes.open(config, {
      threadReplaced: (reason, functionName, cause) =>
        logger.warn({ reason, function: functionName, err: cause }, 'worker thread replaced'),
      processReady: (pid) => logger.info({ pid }, 'process of isolated functions ready'),
      processReplaced: (reason, cause) => logger.warn({ reason, err: cause }, 'process of isolated functions replaced'),
    });
    try {
      const site = await buildSite(config, runtimes, guestLog(logger));
      const gateway = new Gateway(config, site, runtimes, logger);
      await gateway.#listen(config).catch((error: unknown) => {
        gateway.#closeListeners();
        throw error;
      });
      return gateway;
    } catch (error) {
      await runtimes.close(0);
      throw error;
    }
  }

  async #listen({ listen, admin, routes, functions }: Config): Promise<void> {
    if (this.#admin !== undefined && admin !== null) {
      const server = this.#admin;
      this.#adminAddress = await bind(admin.listen, 'admin.listen', () => listenOn(server, admin.listen));
      this.#logger.info({ address: formatAddress(this.#adminAddress) }, 'admin listener ready');
    }
    this.#address = await bind(listen, 'listen', () => this.#listener.listen(listen));
    this.#state = 'serving';
    const counts = { routes: routes.length, functions: functions.size };
    this.#logger.info(counts, `listening on http://${formatAddress(this.#address)}`);
  }

  /** Where clients connect; the port is the real one if the config said 0. */
  get address(): AddressInfo {
    return this.#address!;
  }

  get adminAddress(): AddressInfo | undefined {
    return this.#adminAddress;
  }

  /**
   * Stops accepting, serves what is in flight for up to `drainMs`, then ends the rest. Never rejects.
   * @returns whether everything in flight was answered in time
   */
  async close(drainMs: number): Promise<boolean> {
    this.#state = 'draining';
    const startedAtMs = performance.now();
    const { promise: timeout, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), drainMs);
    const drained = await Promise.race([this.#listener.drain().then(() => true), timeout]);
    clearTimeout(timer);
    await this.#runtimes.close(Math.max(0, drainMs - (performance.now() - startedAtMs)));
    this.#closeListeners();
    return drained;
  }

  #closeListeners(): void {
    this.#listener.destroy();
    this.#admin?.closeAllConnections();
    this.#admin?.close();
  }

  #notReadyBecause(): string | undefined {
    if (this.#state !== 'serving') return this.#state;
    return this.#runtimes.notReadyBecause();
  }
}

async function listenOn(server: Server, { host, port }: Address): Promise<AddressInfo> {
  server.listen(host === null ? { port } : { host, port });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the listener is bound to no port');
  return address;
}

async function bind(address: Address, key: string, listen: () => Promise<AddressInfo>): Promise<AddressInfo> {
  try {
    return await listen();
  } catch (cause) {
    const wanted = formatHostPort(address.host ?? '*', address.port);
    const reasons = new Map<unknown, string>([
      ['EADDRINUSE', `${wanted} is in use: stop the process that has it, or change ${key}`],
      ['EACCES', `${wanted} needs more rights: choose a port from 1024 on, or change ${key}`],
      ['EADDRNOTAVAIL', `${wanted} is not an address of this machine: change ${key}`],
      ['ENOTFOUND', `${wanted} has a host that does not resolve: change ${key}`],
    ]);
    const known = cause instanceof Error && 'code' in cause ? reasons.get(cause.code) : undefined;
    const reason = known ?? `cannot listen on ${wanted} (${String(cause)}): change ${key}`;
    throw new CodedError('ERR_LISTEN', reason, { address, key }, { cause });
  }
}

function formatAddress({ address, port }: AddressInfo): string {
  return formatHostPort(address, port);
}

function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
