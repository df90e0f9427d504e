// The event that `wasmgate invoke` takes: an HTTP request as people write it, or any JSON.

import { z } from 'zod';
import { CodedError } from '../../runtime/errors.ts';
import type { InvocationEvent } from '../../runtime/invocation.ts';
import { normaliseTarget } from '../routes/normalise-path.ts';
import { messageOf } from './failure.ts';

const httpRequest = z
  .strictObject({
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
  })
  .refine(({ body, encoding }) => encoding === 'utf8' || Buffer.from(body, 'base64').toString('base64') === body, {
    path: ['body'],
    message: 'must be base64 with padding, as "encoding" says',
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
  if (!success) throw notARequest(source, error.issues.map(formatIssue).join('; '));
  const headers = Object.entries(data.headers);
  return {
    trigger: 'http',
    route: data.route,
    method: data.method,
    scheme: data.scheme,
    host: data.host,
    remoteAddress: data.remote_addr,
    ...parseTarget(data.method, data.uri, source),
    params: data.params,
    rawHeaders: headers.flatMap(([name, value]) => [value].flat().flatMap((single) => [name, single])),
    body: Buffer.from(data.body, data.encoding),
  };
}

function parseTarget(method: string, uri: string, source: string): { path: string; query: string } {
  try {
    const { path, query } = normaliseTarget(method, uri);
    return { path, query };
  } catch (cause) {
    throw notARequest(source, `uri: ${messageOf(cause)}`, cause);
  }
}

function formatIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(httpRequest.shape).join(', ');
    return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}, there are ${known}`;
  }
  return `${issue.path.join('.')}: ${issue.message}`;
}

function notARequest(source: string, reason: string, cause?: unknown): CodedError<'ERR_USAGE'> {
  return new CodedError('ERR_USAGE', `${source} is not an HTTP request: ${reason}`, { source }, { cause });
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = text.trim() === '' ? 'it is empty' : messageOf(cause);
    throw new CodedError('ERR_USAGE', `${source} is not JSON: ${reason}`, { source }, { cause });
  }
}
