// How a command fails: what it prints and with which code it exits.

import { inspect } from 'node:util';
import { CodedError } from '../../runtime/errors.ts';
import { ConfigError } from '../config/problems.ts';
import { formatCount, paint } from './terminal.ts';

/** The command was understood and failed. */
export const EXIT_FAILURE = 1;
/** The command line, the config or a module is wrong: running it again changes nothing. */
export const EXIT_USAGE = 2;

/** Prints an error to stderr, without a stack where the message says all; answers the exit code. */
export function reportFailure(error: unknown): number {
  const label = paint('red', 'error', process.stderr);
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n${label}: ${formatCount(error.problems.length, 'problem')}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof CodedError) {
    const isUsage = error.code === 'ERR_USAGE';
    process.stderr.write(`${label}: ${error.message}${isUsage ? '' : ` (${error.code})`}\n`);
    return isUsage || error.code.startsWith('ERR_MODULE_') ? EXIT_USAGE : EXIT_FAILURE;
  }
  process.stderr.write(`${label}: ${inspect(error)}\n`);
  return EXIT_FAILURE;
}

/** What any thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
