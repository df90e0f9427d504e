// How a command fails: what it prints and with which code it exits.

import { CodedError } from '../../runtime/errors.ts';
import { ConfigError } from '../config/problems.ts';
import { paint } from './terminal.ts';

/** The command was understood and failed. */
export const EXIT_FAILURE = 1;
/** The command line, the config or a module is wrong: running it again changes nothing. */
export const EXIT_USAGE = 2;

/** Prints an error to stderr, without a stack where the message says all; answers the exit code. */
export function reportFailure(error: unknown): number {
  const label = paint('red', 'error', process.stderr);
  if (error instanceof ConfigError) {
    const count = error.problems.length;
    process.stderr.write(`${error.message}\n${label}: ${count} problem${count === 1 ? '' : 's'}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof CodedError) {
    process.stderr.write(`${label}: ${error.message} (${error.code})\n`);
    return error.code.startsWith('ERR_MODULE_') || error.code === 'ERR_USAGE' ? EXIT_USAGE : EXIT_FAILURE;
  }
  process.stderr.write(`${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT_FAILURE;
}
