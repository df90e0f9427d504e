// `wasmgate check`: every problem of a config and its modules, before it is deployed.

import { Command } from 'commander';
import { Runtime } from '../../runtime/runtime.ts';
import { loadConfig } from '../config/load.ts';
import { buildSite } from '../site.ts';
import { type ConfigOption, configOption } from './options.ts';
import { formatCount, paint } from './terminal.ts';

export function checkCommand(): Command {
  return new Command('check')
    .description('Check a config file and the modules that it names; exits with 2 and all problems, or with 0.')
    .addOption(configOption())
    .action(async ({ config: file }: ConfigOption) => {
      const config = await loadConfig(file);
      const observer = { threadReplaced: () => undefined };
      const runtime = await Runtime.open({ threads: 1, queueLength: 1, observer });
      try {
        await buildSite(config, runtime, () => undefined);
      } finally {
        await runtime.close();
      }
      const { functions, routes } = config;
      const counts = `${formatCount(functions.size, 'function')}, ${formatCount(routes.length, 'route')}`;
      process.stdout.write(`${paint('green', 'ok')}: ${file}: ${counts}\n`);
    });
}
