// `wasmgate run FILE.wasm`: serves one module on every path, without a config file.

import { Command, InvalidArgumentError, Option } from 'commander';
import { CONTRACT_NAMES } from '../../runtime/contract/contracts.ts';
import { configForModule } from '../config/module-config.ts';
import { serve } from './serve.ts';

interface RunOptions {
  readonly listen?: string;
  readonly contract?: string;
  readonly cpu?: string;
  readonly wall?: string;
  readonly memory?: string;
  readonly threads?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function runCommand(): Command {
  return new Command('run')
    .description('Serve one module on every path, without a config file.')
    .argument('<file.wasm>', 'the module')
    .option('-l, --listen <host:port>', 'where to listen (default: 127.0.0.1:8080)')
    .addOption(
      new Option('--contract <name>', 'what the module reads and writes (default: json)').choices(CONTRACT_NAMES),
    )
    .option('--cpu <time>', 'CPU time of one invocation (default: 100ms)')
    .option('--wall <time>', 'wall time of one invocation, such as 250ms or 2s (default: 1s)')
    .option('--memory <size>', 'largest linear memory, such as 16MiB (default: 64MiB)')
    .option('--threads <count>', 'worker threads (default: one less than the cores)')
    .option('-e, --env <NAME=value>', 'environment variable of the module; may be repeated', collectEnv)
    .action(async (modulePath: string, options: RunOptions) => {
      const { listen, contract, cpu, wall, memory, threads, env } = options;
      await serve(
        configForModule({ modulePath, listen, contract, limits: { cpu, wall, memory }, threads, env: env ?? {} }),
      );
    });
}

function collectEnv(pair: string, earlier: Readonly<Record<string, string>> = {}): Record<string, string> {
  const separator = pair.indexOf('=');
  if (separator < 1) throw new InvalidArgumentError('Write it as NAME=value.');
  return { ...earlier, [pair.slice(0, separator)]: pair.slice(separator + 1) };
}
