// From an HTTP exchange to the invocation that a function gets.

import type { Invocation } from '../../../runtime/invocation.ts';
import type { Exchange } from './exchange.ts';

/** Makes the invocation of an exchange that has matched a route and read its body. */
export function toInvocation(exchange: Exchange): Invocation {
  const { id, head, match, body, request, remoteAddress } = exchange;
  const { traceparent, tracestate = '' } = head;
  return {
    id,
    event: {
      trigger: 'http',
      route: match?.route.path ?? head.path,
      method: match?.method ?? head.method,
      scheme: 'http',
      host: head.host,
      remoteAddress,
      path: head.path,
      query: head.query,
      params: match?.params ?? {},
      rawHeaders: request.rawHeaders,
      body,
    },
    ...(traceparent === undefined ? {} : { trace: { traceparent, tracestate } }),
  };
}
