// What is logged of a request: one line when it is finished, and the lines that its function wrote to stderr.

import type { GuestLog } from '../routes/function-handler.ts';
import type { FinishedRequest } from '../triggers/http/exchange.ts';
import type { Logger } from './logger.ts';

/** Server errors are logged as warnings with their cause; the query is left out, since it often carries secrets. */
export function accessLog(logger: Logger): (request: FinishedRequest) => void {
  return (request) => {
    const { error, report, match } = request;
    const line = {
      request_id: request.id,
      remote: request.remoteAddress,
      method: request.method,
      host: request.host,
      path: request.path,
      route: match?.route.path,
      status: request.status,
      bytes: request.bodyBytes,
      ms: round(request.durationMs),
      ...(error === undefined ? {} : { code: error.code, reason: error.message, details: error.details }),
      ...(report === undefined ? {} : costOf(report.cost)),
    };
    if (request.status >= 500) logger.warn(line, 'request');
    else logger.info(line, 'request');
  };
}

function costOf(cost: NonNullable<FinishedRequest['report']>['cost']): object {
  return {
    queue_ms: round(cost.queueMs),
    instantiate_ms: round(cost.instantiateMs),
    cpu_ms: round(cost.cpuMs),
    run_ms: round(cost.runMs),
    ...(cost.fuel === null ? {} : { fuel: cost.fuel }),
    memory_bytes: cost.memoryBytes,
    host_calls: cost.hostCalls,
  };
}

/** Guest text goes into a JSON string of its own field: it cannot forge a line. */
export function guestLog(logger: Logger): GuestLog {
  return (functionName, requestId, lines, dropped) => {
    const of = { source: 'guest', function: functionName, request_id: requestId };
    for (const { text, truncated } of lines) logger.info(truncated ? { ...of, truncated } : of, text);
    if (dropped > 0) logger.warn({ ...of, dropped }, 'log lines dropped: the function wrote too many');
  };
}

/** To microseconds. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
