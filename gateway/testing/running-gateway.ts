// A gateway in this process, on a free port, with guests in the text format.

import { parseConfig } from '../config/load.ts';
import { Gateway } from '../gateway.ts';
import { captureLog, type LineWatch } from './captured-log.ts';
import { type ConfigOptions, configOf, temporaryFolder } from './temporary-folder.ts';

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly log: LineWatch;
  readonly url: (path: string) => string;
  readonly close: () => Promise<void>;
}

/** @param guests each is served at `/NAME`, by a function of that name */
export async function startGateway(
  guests: Readonly<Record<string, string>>,
  options: ConfigOptions = {},
): Promise<RunningGateway> {
  const folder = await temporaryFolder(guests);
  const { log, logger } = captureLog();
  const config = await parseConfig(configOf(Object.keys(guests), options), folder.join('wasmgate.yaml'));
  const gateway = await Gateway.start(config, logger);
  const { port } = gateway.address;
  return {
    gateway,
    port,
    log,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    close: async () => {
      await gateway.close(0);
      await folder.remove();
    },
  };
}
