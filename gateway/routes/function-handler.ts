// The end of a route that a function serves: hands the exchange to the runtime and its answer back.

import type { GuestLogLine } from '../../runtime/invocation.ts';
import type { LoadedFunction } from '../../runtime/runtime.ts';
import type { Exchange } from '../triggers/http/exchange.ts';
import { toInvocation } from '../triggers/http/invocation.ts';
import type { Handler } from './steps.ts';

const NO_BODY = new Uint8Array(0);

/** Takes what a guest wrote to stderr. */
export type GuestLog = (
  functionName: string,
  requestId: string,
  lines: readonly GuestLogLine[],
  dropped: number,
) => void;

export function functionHandler(fn: LoadedFunction, guestLog: GuestLog): Handler {
  const { name } = fn.definition;
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
        exchange.report = report;
        if (report.logs.length > 0) guestLog(name, exchange.id, report.logs, report.droppedLogLines);
        exchange.answer(status, headers, body);
      },
      failed(error, report) {
        exchange.report = report;
        if (report.logs.length > 0) guestLog(name, exchange.id, report.logs, report.droppedLogLines);
        exchange.fail(error);
      },
    });
    exchange.onClientGone(cancel);
  };
}
