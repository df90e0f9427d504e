// The event that `wasmgate invoke` takes: an HTTP request as people write it, or any JSON.

import { z } from 'zod';
import { CodedError } from '../../runtime/errors.ts';
import type { InvocationEvent } from '../../runtime/invocation.ts';
import { normaliseTarget } from '../routes/normalise-path.ts';

const httpRequest = z.strictObject({
  method: z.string().regex(/^[A-Z]+$/, 'must be in upper case, such as POST'),
  uri: z.string().default('/'),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  body: z.string().default(''),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
  host: z.string().default('localhost'),
  scheme: z.enum(['http', 'https']).default('http'),
  remote_addr: z.string().default('127.0.0.1'),
  route: z.string().default('/*'),
  params: z.record(z.string(), z.string()).default({}),
});

/**
 * @param source where the text is from, for messages
 * @throws CodedError ERR_USAGE if it is not JSON, or has a method and is not a request
 */
export function parseEvent(text: string, source: string): InvocationEvent {
  const document = parseJson(text, source);
  if (typeof document !== 'object' || document === null || !('method' in document)) {
    return { trigger: 'invoke', event: document };
  }
  const { success, data, error } = httpRequest.safeParse(document);
  if (!success) throw new CodedError('ERR_USAGE', `${source} is not an HTTP request:\n${z.prettifyError(error)}`, {});
  const { path, query } = normaliseTarget(data.method, data.uri);
  const headers = Object.entries(data.headers);
  return {
    trigger: 'http',
    route: data.route,
    method: data.method,
    scheme: data.scheme,
    host: data.host,
    remoteAddress: data.remote_addr,
    path,
    query,
    params: data.params,
    rawHeaders: headers.flatMap(([name, value]) => [value].flat().flatMap((single) => [name, single])),
    body: Buffer.from(data.body, data.encoding),
  };
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CodedError('ERR_USAGE', `${source} is not JSON: ${(cause as Error).message}`, {}, { cause });
  }
}
