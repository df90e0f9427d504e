// From an exchange to the handler of its route, and the answers for requests that no route takes.

import { HttpError } from '../errors.ts';
import type { Exchange, Handler } from '../triggers/http/exchange.ts';
import type { RouteDefinition, RouteTable } from './route-table.ts';

export interface HandledRoute extends RouteDefinition {
  /** The compiled chain of steps. */
  readonly handler: Handler;
}

const NO_BODY = new Uint8Array(0);

/** Makes the handler of a whole table; what it finds is in `exchange.match` before the route's own handler runs. */
export function dispatchTo(table: RouteTable<HandledRoute>): Handler {
  return (exchange) => {
    const { host, method, path } = exchange.head;
    const match = table.match(host, method, path);
    if (match === undefined) return answerUnmatched(table, exchange);
    exchange.match = match;
    match.route.handler(exchange);
  };
}

function answerUnmatched(table: RouteTable<HandledRoute>, exchange: Exchange): void {
  const { host, method, path } = exchange.head;
  const allowed = path === '*' ? table.allMethods() : table.allowedMethods(host, path);
  if (allowed.length === 0) {
    exchange.fail(new HttpError('ERR_ROUTE_NOT_FOUND', 'no route matches the path of the request; check its spelling'));
    return;
  }
  const allow = ['allow', allowed.join(', ')];
  if (method === 'OPTIONS') {
    exchange.answer(204, allow, NO_BODY);
    return;
  }
  const message = `the path takes ${allowed.join(', ')}, not ${method}; send one of these`;
  exchange.fail(new HttpError('ERR_METHOD_NOT_ALLOWED', message, { headers: allow }));
}
