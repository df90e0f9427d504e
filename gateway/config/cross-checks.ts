// What one value alone cannot show: names that must exist, routes that collide, limits beyond the machine. These look
// at the document as it is written, so that they also report when other parts of it are wrong.

import { collide, readAddress, readLoopbackAddress } from './addresses.ts';
import { formatPath, valueAt } from './document-path.ts';
import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import { show, type Problem, type Reading } from './problems.ts';
import { pathShape, readHost, readMethods, readPath } from './route-pattern.ts';
import { DEFAULT_LISTEN, DEFAULT_REQUEST_TIMEOUT, FUNCTION_NAME_FORM, VARIABLE_NAME_FORM } from './schema.ts';
import { formatSize, readMemory, readTime } from './units.ts';
import type { YamlDocument } from './yaml-document.ts';

/** Comparing each of 10,000 wrong names with each of 10,000 functions would take minutes. */
const MAX_SUGGESTIONS = 20;

export function crossCheck(document: YamlDocument, environment: Environment): Problem[] {
  return [
    ...adminProblems(document),
    ...timeoutProblems(document),
    ...functionProblems(document, environment),
    ...undefinedFunctions(document),
    ...duplicateRoutes(document),
  ];
}

function adminProblems(document: YamlDocument): Problem[] {
  const listen = valueAt(document.root, ['listen']);
  const publicAddress = readAddress(listen === undefined ? DEFAULT_LISTEN : listen);
  const at = ['admin', 'listen'];
  const raw = valueAt(document.root, at);
  const adminAddress = readLoopbackAddress(raw);
  if ('problem' in publicAddress || 'problem' in adminAddress) return [];
  if (!collide(publicAddress.value, adminAddress.value)) return [];
  return [{ at: document.placeOf(at), message: `admin.listen must have another port than listen, got ${show(raw)}` }];
}

/** Node's server refuses to start with a header section that may take longer than the whole request. */
function timeoutProblems(document: YamlDocument): Problem[] {
  const path = ['http', 'headersTimeout'];
  const raw = valueAt(document.root, path);
  const headersTimeout = readTime(raw);
  const requestTimeout = readTime(valueAt(document.root, ['http', 'requestTimeout']) ?? DEFAULT_REQUEST_TIMEOUT);
  if ('problem' in headersTimeout || 'problem' in requestTimeout) return [];
  if (headersTimeout.value <= requestTimeout.value) return [];
  const limit = `at most http.requestTimeout (${requestTimeout.value}ms)`;
  return [{ at: document.placeOf(path), message: `http.headersTimeout must be ${limit}, got ${show(raw)}` }];
}

function functionProblems(document: YamlDocument, environment: Environment): Problem[] {
  const problems: Problem[] = [];
  const functionName = new RegExp(FUNCTION_NAME_FORM);
  const variableName = new RegExp(VARIABLE_NAME_FORM);
  for (const name of keysOf(document, ['functions'])) {
    if (!functionName.test(name)) {
      const form = 'must begin with a-z and have at most 63 of a-z, 0-9, "_" and "-"';
      problems.push({ at: document.placeOfKey(['functions', name]), message: `function name ${show(name)} ${form}` });
    }
    for (const variable of keysOf(document, ['functions', name, 'env'])) {
      if (variableName.test(variable)) continue;
      const at = document.placeOfKey(['functions', name, 'env', variable]);
      problems.push({ at, message: `variable name ${show(variable)} must not be empty or have "=" or NUL, rename it` });
    }
    problems.push(...memoryProblems(document, name, environment.memoryBytes));
  }
  return problems;
}

function memoryProblems(document: YamlDocument, functionName: string, machineBytes: number): Problem[] {
  const path = ['functions', functionName, 'limits', 'memory'];
  const raw = valueAt(document.root, path);
  const memory = readMemory(raw);
  if ('problem' in memory || memory.value <= machineBytes) return [];
  const limit = `at most ${formatSize(machineBytes)}, the memory of this machine`;
  return [{ at: document.placeOf(path), message: `${formatPath(path)} must be ${limit}, got ${show(raw)}` }];
}

function undefinedFunctions(document: YamlDocument): Problem[] {
  const functions = valueAt(document.root, ['functions']);
  if (typeof functions !== 'object' || functions === null) return [];
  const names = Object.keys(functions);
  const problems: Problem[] = [];
  for (const index of routeIndexes(document)) {
    const path = ['routes', index, 'function'];
    const name = valueAt(document.root, path);
    if (typeof name !== 'string' || Object.hasOwn(functions, name)) continue;
    const meant = problems.length < MAX_SUGGESTIONS ? nearest(name, names) : undefined;
    const hint = meant === undefined ? 'define it under functions' : `did you mean ${show(meant)}?`;
    problems.push({ at: document.placeOf(path), message: `undefined function ${show(name)}, ${hint}` });
  }
  return problems;
}

const ANY = 'any method';

/**
 * Routes that serve the same requests. A route of any method beside one that names methods is none: it takes the rest.
 */
function duplicateRoutes(document: YamlDocument): Problem[] {
  const problems: Problem[] = [];
  /** Method, host and shape of the path, to the route that has them. */
  const owners = new Map<string, number>();
  for (const index of routeIndexes(document)) {
    const path = readPath(valueAt(document.root, ['routes', index, 'path']));
    const methods = optional(valueAt(document.root, ['routes', index, 'methods']), readMethods);
    const host = optional(valueAt(document.root, ['routes', index, 'host']), readHost);
    if ('problem' in path || 'problem' in methods || 'problem' in host) continue;

    for (const method of methods.value ?? [ANY]) {
      const key = `${method} ${host.value ?? ''}${pathShape(path.value)}`;
      const first = owners.get(key);
      if (first === undefined) {
        owners.set(key, index);
        continue;
      }
      const message = `duplicate route ${method} ${host.value ?? ''}${path.value}, ${describeFirst(document, first)}`;
      problems.push({ at: document.placeOf(['routes', index]), message });
    }
  }
  return problems;
}

function describeFirst(document: YamlDocument, index: number): string {
  const { line } = document.placeOf(['routes', index]);
  return `first on line ${line} as ${String(valueAt(document.root, ['routes', index, 'path']))}, remove one of them`;
}

function optional<T>(raw: unknown, read: (raw: unknown) => Reading<T>): Reading<T | undefined> {
  return raw === undefined ? { value: undefined } : read(raw);
}

function keysOf(document: YamlDocument, path: readonly string[]): readonly string[] {
  const value = valueAt(document.root, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

function routeIndexes(document: YamlDocument): Iterable<number> {
  const routes = valueAt(document.root, ['routes']);
  return Array.isArray(routes) ? routes.keys() : [];
}
