// The end of a route that a function serves: hands the exchange to the runtime and its answer back.

import type { GuestLogLine, InvocationCost, InvocationReport } from '../../runtime/invocation.ts';
import type { LoadedFunction } from '../../runtime/runtime.ts';
import type { Exchange, Handler } from '../triggers/http/exchange.ts';
import { toInvocation } from '../triggers/http/invocation.ts';

const NO_BODY = new Uint8Array(0);

/** Takes what a guest wrote to stderr. */
export type GuestLog = (
  functionName: string,
  requestId: string,
  lines: readonly GuestLogLine[],
  dropped: number,
) => void;

export interface FunctionHandlerOptions {
  readonly guestLog: GuestLog;
  /** Whether clients are told what the invocation cost, in a `Server-Timing` field. */
  readonly serverTiming: boolean;
}

export function functionHandler(fn: LoadedFunction, { guestLog, serverTiming }: FunctionHandlerOptions): Handler {
  const { name } = fn.definition;
  const keep = (exchange: Exchange, report: InvocationReport): void => {
    exchange.report = report;
    const { logs, droppedLogLines } = report;
    if (logs.length > 0) guestLog(name, exchange.id, logs, droppedLogLines);
  };
  return (exchange: Exchange) => {
    let status = 0;
    let headers: readonly string[] = [];
    let body: Uint8Array = NO_BODY;
    const cancel = fn.invoke(toInvocation(exchange), {
      head(answeredStatus, answeredHeaders) {
        status = answeredStatus;
        headers = answeredHeaders;
      },
      chunk(bytes) {
        // The contracts of today answer in one piece.
        body = body.byteLength === 0 ? bytes : Buffer.concat([body, bytes]);
      },
      end(report) {
        keep(exchange, report);
        if (serverTiming) headers = [...headers, 'server-timing', toServerTiming(report.cost)];
        exchange.answer(status, headers, body);
      },
      failed(error, report) {
        keep(exchange, report);
        exchange.fail(error);
      },
    });
    exchange.onClientGone(cancel);
  };
}

/** https://www.w3.org/TR/server-timing/; durations in milliseconds. */
function toServerTiming({ queueMs, instantiateMs, runMs, cpuMs }: InvocationCost): string {
  const metrics = { queue: queueMs, instantiate: instantiateMs, run: runMs, cpu: cpuMs };
  return Object.entries(metrics)
    .map(([metric, ms]) => `${metric};dur=${Number(ms.toFixed(3))}`)
    .join(', ');
}
