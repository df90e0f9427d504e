// The parts of a route as they are written: path pattern, host pattern and methods.

import { METHODS } from 'node:http';

import { HttpError } from '../errors.ts';
import { normalisePath } from '../routes/normalise-path.ts';
import { nearest } from './nearest.ts';
import { show, type Reading } from './problems.ts';

/** RFC 3986 pchar, without the two characters that mean something in a pattern. */
const LITERAL = /^(?:[A-Za-z0-9._~!$&'()+,;=@-]|%[0-9A-Fa-f]{2})+$/;
const PARAMETER = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const HOST = /^(?=.{1,253}$)(?:\*\.)?(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*$/;

/** The forms as regular expressions, for editors. */
export const PATH_FORM = '^/[^?#\\s]*$';
export const HOST_FORM = '^(\\*\\.)?[A-Za-z0-9.-]+$';
export const METHOD_FORM = '^[A-Z][A-Z-]*$';

/** `/api/tax/:id`, `/files/*`. */
export function readPath(raw: unknown): Reading<string> {
  if (typeof raw !== 'string' || !raw.startsWith('/')) {
    return { problem: `must be a path that begins with "/", got ${show(raw)}` };
  }
  const segments = raw.slice(1).split('/');
  const names = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const fault = segmentFault(segment, index === segments.length - 1);
    if (fault !== undefined) return { problem: `${fault}, got ${show(raw)}` };
    if (!segment.startsWith(':')) continue;
    if (names.has(segment)) return { problem: `must not use the parameter "${segment}" twice, got ${show(raw)}` };
    names.add(segment);
  }
  return readNormalForm(raw);
}

/** A pattern that is not in the form that requests are brought into would never match. */
function readNormalForm(path: string): Reading<string> {
  try {
    const normal = normalisePath(path);
    return normal === path ? { value: path } : { problem: `must be written ${show(normal)}, got ${show(path)}` };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { problem: `must not contain an escape that the gateway refuses in requests, got ${show(path)}` };
  }
}

function segmentFault(segment: string, isLast: boolean): string | undefined {
  // A trailing slash is part of the path; elsewhere no normalised request path has an empty segment.
  if (segment === '') return isLast ? undefined : 'must not contain "//", remove one slash';
  if (segment === '.' || segment === '..') return 'must not contain "." or ".." segments, write the path they lead to';
  if (/[?#]/.test(segment)) return 'must be a path only, remove what begins at "?" or "#"';
  if (segment === '*' && isLast) return undefined;
  if (segment.includes('*')) return 'may have "*" only as its whole last segment';
  if (segment === ':__proto__') return 'must not name a parameter "__proto__", rename it';
  if (segment.startsWith(':') && PARAMETER.test(segment)) return undefined;
  if (segment.includes(':')) return 'may have ":" only before a parameter that is a whole segment, such as /:id';
  if (!LITERAL.test(segment)) return 'must have characters that a URL cannot carry percent-encoded, such as %20';
  return undefined;
}

/** The same for two valid patterns that match the same paths with equal precedence. */
export function pathShape(path: string): string {
  return path.replaceAll(/\/:[^/]+/g, '/:');
}

/** `shop.example` or `*.example.com`; read in lower case. */
export function readHost(raw: unknown): Reading<string> {
  const host = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (HOST.test(host)) return { value: host };
  return { problem: `must be a host without port such as shop.example or "*.example.com", got ${show(raw)}` };
}

/** One or more upper-case methods, each once. */
export function readMethods(raw: unknown): Reading<readonly string[]> {
  if (!Array.isArray(raw) || raw.length === 0) {
    return { problem: `must be a list of methods such as [GET, POST], got ${Array.isArray(raw) ? '[]' : show(raw)}` };
  }
  const methods = new Set<string>();
  for (const method of raw as readonly unknown[]) {
    if (!isMethod(method)) return { problem: methodFault(method) };
    if (methods.has(method)) return { problem: `must list ${show(method)} once, got it twice` };
    methods.add(method);
  }
  return { value: [...methods] };
}

/** Methods that the gateway refuses, whatever the route. */
const REFUSED: readonly unknown[] = ['TRACE', 'CONNECT'];

/** A method that Node does not know never reaches a route: its parser answers 400. */
function isMethod(method: unknown): method is string {
  return typeof method === 'string' && METHODS.includes(method) && !REFUSED.includes(method);
}

function methodFault(method: unknown): string {
  if (REFUSED.includes(method)) return `must not list ${String(method)}, the gateway refuses it`;
  const meant = typeof method === 'string' ? nearest(method.toUpperCase(), METHODS.filter(isMethod)) : undefined;
  const hint = meant === undefined ? 'such as GET or POST, in upper case' : `did you mean "${meant}"?`;
  return `must list HTTP methods, got ${show(method)}, ${hint}`;
}
