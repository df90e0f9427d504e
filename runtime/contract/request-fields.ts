// The parts of a request as JSON text. Built as text, not as objects: it is quicker, and a header, parameter or key
// named `__proto__` is a name like any other. Runs once per request.

import { isUtf8 } from 'node:buffer';

/** One or more percent-encoded bytes in a row. */
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;

/** Lists of strings by name, in order of arrival, as the text of a JSON object. */
class Lists {
  /** The elements of each list, without the brackets. */
  readonly #elements = new Map<string, string>();

  add(name: string, value: string): void {
    const before = this.#elements.get(name);
    const element = JSON.stringify(value);
    this.#elements.set(name, before === undefined ? element : `${before},${element}`);
  }

  toJson(): string {
    let members = '';
    for (const [name, elements] of this.#elements) {
      members += `${members === '' ? '' : ','}${JSON.stringify(name)}:[${elements}]`;
    }
    return `{${members}}`;
  }
}

/** @param nameOf - how the contract spells a header name; undefined leaves the header out */
export function headersJson(rawHeaders: readonly string[], nameOf: (name: string) => string | undefined): string {
  const lists = new Lists();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = nameOf(rawHeaders[index]!);
    if (name !== undefined) lists.add(name, rawHeaders[index + 1]!);
  }
  return lists.toJson();
}

/** Never fails: what is not an escape, or escapes no valid UTF-8, stays as the client wrote it. */
export function queryJson(query: string): string {
  if (query === '') return '{}';
  const lists = new Lists();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals === -1) lists.add(decodeQueryPart(pair), '');
    else lists.add(decodeQueryPart(pair.slice(0, equals)), decodeQueryPart(pair.slice(equals + 1)));
  }
  return lists.toJson();
}

function decodeQueryPart(part: string): string {
  const spaced = part.includes('+') ? part.replaceAll('+', ' ') : part;
  return spaced.includes('%') ? spaced.replace(ESCAPES, decodeEscapes) : spaced;
}

function decodeEscapes(escapes: string): string {
  const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex');
  return isUtf8(bytes) ? bytes.toString('utf8') : escapes;
}

/** `"body":…,"encoding":…` such that every byte survives. */
export function bodyJson(body: Uint8Array): string {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(body)
    ? `"body":${JSON.stringify(buffer.toString('utf8'))},"encoding":"utf8"`
    : `"body":"${buffer.toString('base64')}","encoding":"base64"`;
}

/** Path and query as one string. */
export function requestUri(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}
