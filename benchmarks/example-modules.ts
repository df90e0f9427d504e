// The modules that are measured: those of the examples, built if they are missing or older than their sources.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { modulePath } from '../examples/build.ts';

const TAX_EXAMPLES = {
  quickstart: 'AssemblyScript',
  'compute-tax-c': 'C',
  'compute-tax-rust': 'Rust',
  'compute-tax-go': 'Go',
} as const;

export interface TaxModule {
  readonly language: string;
  readonly path: string;
}

/**
 * The tax function in the given languages, without those whose compiler is missing; AssemblyScript's comes with npm.
 * @throws Error if a build fails
 */
export async function buildTaxModules(examples: readonly (keyof typeof TAX_EXAMPLES)[]): Promise<readonly TaxModule[]> {
  const build = join(import.meta.dirname, '../examples/build.ts');
  await promisify(execFile)(process.execPath, [build, ...examples]);
  const modules = examples.map((name) => ({ language: TAX_EXAMPLES[name], path: modulePath(name) }));
  return modules.filter(({ path }) => existsSync(path));
}
