// From a file, or from its text, to a Config or to every problem at once.

import path from 'node:path';

import type { Config, Place } from './config.ts';
import { crossCheck } from './cross-checks.ts';
import { decodeText, processEnvironment, type Environment } from './environment.ts';
import { ConfigError, type Problem } from './problems.ts';
import { resolveConfig, type Origin } from './resolve.ts';
import { conform } from './schema-problems.ts';
import { substitute } from './substitute.ts';
import { parseYaml } from './yaml-document.ts';

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/**
 * Reads and checks a configuration file of at most 10 MiB. Called at start and for each reload; module files are not
 * looked at.
 * @throws ConfigError ERR_CONFIG with all problems of the file; only problems of the YAML syntax hide others.
 */
export async function loadConfig(file: string, environment: Environment = processEnvironment()): Promise<Config> {
  const text = await environment.readTextFile(file, MAX_FILE_BYTES);
  if ('problem' in text) throw new ConfigError([{ at: wholeFile(file), message: text.problem }]);
  return parseConfig(text.value, file, environment);
}

/**
 * As {@link loadConfig}, for the content of a file that was read already. `file` is for messages and for relative paths.
 * @throws ConfigError ERR_CONFIG
 */
export async function parseConfig(
  content: string | Uint8Array,
  file: string,
  environment: Environment = processEnvironment(),
): Promise<Config> {
  const text = typeof content === 'string' ? { value: content.replace(/^\uFEFF/, '') } : decodeText(content);
  if ('problem' in text) throw new ConfigError([{ at: wholeFile(file), message: text.problem }]);
  const yaml = parseYaml(text.value, file);
  if (yaml.document === undefined) throw new ConfigError(yaml.problems);

  const absolute = path.resolve(file);
  const origin = { file: absolute, directory: path.dirname(absolute), document: yaml.document };
  const unresolved = await substitute(yaml.document, origin.directory, environment);
  return checkAndResolve(origin, environment, [...yaml.problems, ...unresolved]);
}

/**
 * The steps that a configuration goes through however it was written.
 * @throws ConfigError ERR_CONFIG, also if there are `earlier` problems.
 */
export function checkAndResolve(origin: Origin, environment: Environment, earlier: readonly Problem[] = []): Config {
  const { file, problems: schemaProblems } = conform(origin.document);
  const found = [...schemaProblems, ...crossCheck(origin.document, environment)];
  // A value that was refused already is known to be wrong; what else it is not would only repeat that.
  const places = new Set(earlier.map(({ at }) => `${at.line}:${at.column}`));
  const problems = [...earlier, ...found.filter(({ at }) => !places.has(`${at.line}:${at.column}`))];
  if (file === undefined || problems.length > 0) throw new ConfigError(problems);
  return resolveConfig(file, origin, environment);
}

function wholeFile(file: string): Place {
  return { file, line: 0, column: 0 };
}
