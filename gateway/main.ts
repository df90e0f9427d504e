// The composition root of the process: the command line and what each command sets in motion.

import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { checkCommand } from './cli/check.ts';
import { inspectCommand } from './cli/inspect.ts';
import { invokeCommand } from './cli/invoke.ts';
import { reportFailure, EXIT_USAGE } from './cli/failure.ts';
import { routesCommand } from './cli/routes.ts';
import { runCommand } from './cli/run.ts';
import { startCommand } from './cli/start.ts';
import { tolerateClosedPipes } from './cli/terminal.ts';

const COMMANDS = [runCommand, startCommand, checkCommand, routesCommand, inspectCommand, invokeCommand];

/** Runs the command that `argv` names; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  tolerateClosedPipes();
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? exitCodeOf(error) : reportFailure(error);
  }
}

function createProgram(): Command {
  const program = new Command('wasmgate')
    .description('Serves WebAssembly functions over HTTP, each in a sandbox with its own limits.')
    .version(packageJson.version)
    .showHelpAfterError('(see wasmgate --help)')
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  for (const create of COMMANDS) {
    const command = create().copyInheritedSettings(program);
    program.addCommand(command.showHelpAfterError(`(see wasmgate ${command.name()} --help)`));
  }
  return program;
}

const EXAMPLES = `
Examples:
  wasmgate run hello.wasm                  serve one module on every path
  wasmgate start -c wasmgate.yaml          serve what the config says
  wasmgate check -c wasmgate.yaml          find every problem before it is deployed
  wasmgate invoke tax --event event.json   run one invocation without HTTP`;

/** Help and version are no failure; everything else that the parser refuses is a wrong use. */
function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : EXIT_USAGE;
}
