// The one normalisation of a request target. Its result is what routes match, what functions see and what upstreams get:
// a path that means one thing to the route table and another to the service behind it is how access rules are passed by.

import { HttpError } from '../errors.ts';

/** A request target in normal form. */
export interface RequestTarget {
  /** Percent-encoded and normal; starts with a slash, or is `*` for `OPTIONS *`. */
  readonly path: string;
  /** As received, without the question mark; empty if there was none. */
  readonly query: string;
  /** The authority of an absolute-form target as received, else undefined. */
  readonly authority: string | undefined;
}

// Segments of unreserved characters that do not begin with a dot: nothing to decode, merge or refuse.
const NORMAL_PATH = /^(?:\/[\w~-][\w.~-]*)*\/?$/;
// Printable ASCII but `#`: a fragment is never sent, and a parser that cuts there sees another query than we do.
const QUERY = /^[!"$-~]*$/;
// Printable ASCII but `?`, `#` and backslash, which some servers read as a slash; every percent sign begins an escape.
const PATH = /^(?:[!"$&->@-[\]-~]|%[0-9A-Fa-f]{2})*$/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
// In the normal form: an escaped control character or backslash.
const FORBIDDEN_ESCAPE = /%(?:[01][0-9A-F]|7F|5C)/;
// In the normal form, with `%2F` as a separator and `;` as an end: servers that decode before they split, or that cut
// path parameters off (`/..;/`), would climb.
const DOT_SEGMENT = /(?:\/|%2F)\.\.?(?:\/|%2F|;|%3B|$)/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Brings the target of a request line into normal form. Called once a request.
 *
 * The path keeps its meaning (RFC 3986, section 6.2.2): escapes of unreserved characters are decoded, the others get
 * upper-case digits, `%2F` stays apart from `/`, and `;x` is an ordinary part of a segment. Repeated slashes are merged,
 * because many servers do so: `//admin` must not pass a route table that guards `/admin` and then reach it.
 *
 * @throws HttpError ERR_REQUEST_MALFORMED for dot segments, backslashes, control characters, a fragment, bytes that
 * are not ASCII, and bad escapes.
 */
export function normaliseTarget(method: string, target: string): RequestTarget {
  if (target.charCodeAt(0) === 0x2f) return normaliseOriginForm(target, undefined);
  if (target === '*' && method === 'OPTIONS') return { path: '*', query: '', authority: undefined };
  const absolute = ABSOLUTE_FORM.exec(target);
  if (absolute === null) {
    throw malformed('the request target is neither a path nor an http URL; send a path that begins with "/"');
  }
  const [, authority = '', rest = ''] = absolute;
  return normaliseOriginForm(rest.startsWith('/') ? rest : `/${rest}`, authority);
}

function normaliseOriginForm(target: string, authority: string | undefined): RequestTarget {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: normalisePath(target), query: '', authority };
  const query = target.slice(mark + 1);
  if (!QUERY.test(query)) {
    throw malformed('the query has a "#", a control character or a byte that is not ASCII; percent-encode it');
  }
  return { path: normalisePath(target.slice(0, mark)), query, authority };
}

/**
 * The normal form of a path that begins with a slash; a normal path is returned as it is.
 * @throws HttpError ERR_REQUEST_MALFORMED, see {@link normaliseTarget}.
 */
export function normalisePath(path: string): string {
  if (NORMAL_PATH.test(path)) return path;
  if (!PATH.test(path)) {
    throw malformed(
      'the path has a bad percent escape, a backslash, a "#", a control character or a byte that is not ASCII; percent-encode it',
    );
  }
  const normal = path.replace(ESCAPE, normaliseEscape).replace(/\/{2,}/g, '/');
  if (FORBIDDEN_ESCAPE.test(normal)) {
    throw malformed('the path has an escaped control character or backslash; send a path without it');
  }
  if (DOT_SEGMENT.test(normal)) {
    throw malformed('the path has a "." or ".." segment; send the path that it stands for');
  }
  return normal;
}

function normaliseEscape(escape: string, digits: string): string {
  const char = String.fromCharCode(Number.parseInt(digits, 16));
  return /[\w.~-]/.test(char) ? char : escape.toUpperCase();
}

function malformed(message: string): HttpError {
  return new HttpError('ERR_REQUEST_MALFORMED', message);
}
