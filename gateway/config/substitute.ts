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

const REFERENCE = /\$\$\{|\$\{(?:(env|file):([^{}]+)\}|[^}]{0,40}\}?)/g;

/** Replaces in place. `directory` is what relative paths begin at. */
export async function substitute(
  document: YamlDocument,
  directory: string,
  environment: Environment,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const files = new Map<string, Promise<Reading<string>>>();

  const readFile = (name: string): Promise<Reading<string>> => {
    const file = path.resolve(directory, name);
    const content = files.get(file) ?? environment.readTextFile(file, MAX_FILE_BYTES);
    files.set(file, content);
    return content;
  };

  const lookUp = async ([whole, kind, name]: RegExpExecArray): Promise<Reading<string>> => {
    if (whole === '$${') return { value: '${' };
    if (kind === undefined || name === undefined) {
      return {
        problem: `unknown substitution ${show(whole)}, use \${env:NAME} or \${file:PATH}, or $\${ for a literal \${`,
      };
    }
    if (kind === 'env') {
      const value = Object.hasOwn(environment.variables, name) ? environment.variables[name] : undefined;
      return value === undefined ? { problem: `environment variable ${show(name)} is not set, set it` } : { value };
    }
    const content = await readFile(name);
    if ('problem' in content) return { problem: `file ${show(name)} ${content.problem}` };
    return { value: content.value.replace(/\r?\n$/, '') };
  };

  const expand = async (text: string, at: Path): Promise<string> => {
    let expanded = '';
    let end = 0;
    for (const match of text.matchAll(REFERENCE)) {
      const found = await lookUp(match);
      if ('problem' in found) problems.push({ at: document.placeOf(at), message: found.problem });
      expanded += text.slice(end, match.index) + ('value' in found ? found.value : match[0]);
      end = match.index + match[0].length;
    }
    return expanded + text.slice(end);
  };

  const visit = async (container: object, at: Path): Promise<void> => {
    for (const [key, value] of Object.entries(container)) {
      const here = [...at, Array.isArray(container) ? Number(key) : key];
      if (typeof value === 'object' && value !== null) await visit(value, here);
      if (typeof value === 'string' && value.includes('${')) Reflect.set(container, key, await expand(value, here));
    }
  };

  if (typeof document.root === 'object' && document.root !== null) await visit(document.root, []);
  return problems;
}
