// The operator's listener: is the process alive, is it ready for traffic. No authentication, so the config allows only
// loopback addresses for it.

import { createServer, type Server, type ServerResponse } from 'node:http';

export interface Readiness {
  /** Undefined if traffic may come; otherwise why not. */
  notReadyBecause(): string | undefined;
}

/** A server for `GET /livez` and `GET /readyz`, in the form that Kubernetes' probes expect; not yet listening. */
export function createAdminServer(readiness: Readiness): Server {
  return createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return answer(response, 405, 'method not allowed');
    }
    if (path === '/livez') return answer(response, 200, 'ok');
    if (path === '/readyz') {
      const reason = readiness.notReadyBecause();
      return reason === undefined ? answer(response, 200, 'ok') : answer(response, 503, reason);
    }
    return answer(response, 404, 'not found: there are /livez and /readyz');
  });
}

function answer(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(`${text}\n`);
}
