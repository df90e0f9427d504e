// Replaces ${env:NAME} and ${file:PATH} in the string values of a document. It works on values that are already
// parsed, so that nothing in a variable or a file can become a key, a list or another value.

import path from 'node:path';

import type { Path } from './document-path.ts';
import type { Environment } from './environment.ts';
import { show, type Problem, type Reading } from './problems.ts';
import type { YamlDocument } from './yaml-document.ts';

/** Largest file that a value may come from, in bytes. */
const MAX_FILE_BYTES = 64 * 1024;

/** For editors: any value may be, or contain, a substitution. */
export const SUBSTITUTION_FORM = '\\$\\{(env|file):';

/** An escape, a well-formed reference, or the beginning of what was meant to be one. */
const REFERENCE = /\$\$\{|\$\{(?:(env|file):([^{}]+)\}|[^}]{0,40}\}?)/g;

/** Replaces in place. `directory` is what relative paths begin at. */
export async function substitute(
  document: YamlDocument,
  directory: string,
  environment: Environment,
): Promise<readonly Problem[]> {
  const sources = new Sources(directory, environment);
  const problems: Problem[] = [];
  for (const { container, key, text, path } of stringsWithReferences(document.root, [])) {
    const expanded = await expand(text, sources);
    if ('value' in expanded) Reflect.set(container, key, expanded.value);
    else problems.push(...expanded.problems.map((message) => ({ at: document.placeOf(path), message })));
  }
  return problems;
}

interface StringAt {
  readonly container: object;
  readonly key: PropertyKey;
  readonly text: string;
  readonly path: Path;
}

function* stringsWithReferences(container: unknown, at: Path): Generator<StringAt> {
  if (typeof container !== 'object' || container === null) return;
  for (const [name, value] of Object.entries(container)) {
    const key = Array.isArray(container) ? Number(name) : name;
    const path = [...at, key];
    if (typeof value === 'string' && value.includes('${')) yield { container, key, text: value, path };
    else yield* stringsWithReferences(value, path);
  }
}

async function expand(text: string, sources: Sources): Promise<{ value: string } | { problems: readonly string[] }> {
  const problems: string[] = [];
  let expanded = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, kind, name = ''] = match;
    const found = await sources.lookUp(whole, kind, name);
    if ('problem' in found) problems.push(found.problem);
    else expanded += text.slice(end, match.index) + found.value;
    end = match.index + whole.length;
  }
  return problems.length > 0 ? { problems } : { value: expanded + text.slice(end) };
}

/** Where values come from; reads each file once. */
class Sources {
  readonly #directory: string;
  readonly #environment: Environment;
  readonly #files = new Map<string, Promise<Reading<string>>>();

  constructor(directory: string, environment: Environment) {
    this.#directory = directory;
    this.#environment = environment;
  }

  async lookUp(reference: string, kind: string | undefined, name: string): Promise<Reading<string>> {
    if (reference === '$${') return { value: '${' };
    if (kind === 'env') return this.#variable(name);
    if (kind === 'file') return this.#file(name);
    const forms = 'use ${env:NAME} or ${file:PATH}, or $${ for a literal ${';
    return { problem: `unknown substitution ${show(reference)}, ${forms}` };
  }

  #variable(name: string): Reading<string> {
    const { variables } = this.#environment;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return value === undefined ? { problem: `environment variable ${show(name)} is not set, set it` } : { value };
  }

  async #file(name: string): Promise<Reading<string>> {
    const file = path.resolve(this.#directory, name);
    const reading = this.#files.get(file) ?? this.#environment.readTextFile(file, MAX_FILE_BYTES);
    this.#files.set(file, reading);
    const content = await reading;
    if ('problem' in content) return { problem: `file ${show(name)} ${content.problem}` };
    return { value: content.value.replace(/\r?\n$/, '') };
  }
}
