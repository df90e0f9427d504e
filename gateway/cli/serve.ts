// Runs a gateway until a signal ends it: what `run` and `start` share.

import type { Config } from '../config/config.ts';
import { exitForCertain } from '../exit.ts';
import { Gateway } from '../gateway.ts';
import { openLog, type OpenLog } from '../telemetry/logger.ts';

/** Resolves when requests are served; the process ends by SIGTERM or SIGINT. */
export async function serve(config: Config): Promise<void> {
  const log = openLog(config.log.level);
  const gateway = await Gateway.start(config, log.logger);
  const shutDown = createShutdown(gateway, config, log);
  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
}

/** The first signal drains; the second does not wait any longer. */
function createShutdown(gateway: Gateway, { shutdown }: Config, { logger, flush }: OpenLog): NodeJS.SignalsListener {
  let isDraining = false;
  return (signal) => {
    if (isDraining) {
      logger.warn({ signal }, 'second signal: exiting at once');
      exitForCertain(1, flush);
    }
    isDraining = true;
    logger.info({ signal, drain_ms: shutdown.drainMs }, 'draining');
    void drainAndExit();
  };

  async function drainAndExit(): Promise<never> {
    const { drainMs } = shutdown;
    if (await gateway.close(drainMs)) logger.info('drained');
    else logger.warn({ drain_ms: drainMs }, 'shutdown.drain has passed: unfinished requests were ended');
    return exitForCertain(0, flush);
  }
}
