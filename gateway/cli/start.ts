// `wasmgate start`: serves what the config says.

import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { type ConfigOption, configOption } from './options.ts';
import { serve } from './serve.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('Serve the routes of a config file until SIGTERM or SIGINT.')
    .addOption(configOption())
    .action(async ({ config }: ConfigOption) => serve(await loadConfig(config)));
}
