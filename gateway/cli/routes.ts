// `wasmgate routes`: what the config serves, as a table.

import { Command } from 'commander';
import type { RouteConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { type ConfigOption, configOption, type JsonOption, jsonOption } from './options.ts';
import { formatBytes, formatTable } from './terminal.ts';

export function routesCommand(): Command {
  return new Command('routes')
    .description('List the routes of a config file.')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, json }: ConfigOption & JsonOption) => {
      const { routes } = await loadConfig(config);
      process.stdout.write(json ? `${JSON.stringify(routes.map(toJson), null, 2)}\n` : toTable(routes));
    });
}

function toTable(routes: readonly RouteConfig[]): string {
  const rows = routes.map(({ methods, host, path, functionName, bodyBytes, at }) => [
    methods?.join(',') ?? 'any',
    host ?? 'any',
    path,
    functionName,
    formatBytes(bodyBytes),
    String(at.line),
  ]);
  return formatTable(['METHODS', 'HOST', 'PATH', 'FUNCTION', 'BODY', 'LINE'], rows);
}

function toJson({ methods, host, path, functionName, bodyBytes, at }: RouteConfig): object {
  return { methods, host, path, function: functionName, bodyBytes, line: at.line };
}
