// An answer as one value, for whoever does not stream it.

import type { InvocationError } from './errors.ts';
import type { Invocation, InvocationReport } from './invocation.ts';
import type { LoadedFunction } from './runtime.ts';

export type CollectedAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      /** Flat: name, value, name, value …; names in lower case. */
      readonly headers: readonly string[];
      readonly body: Buffer;
      readonly report: InvocationReport;
    }
  | { readonly ok: false; readonly error: InvocationError; readonly report: InvocationReport };

/** Invokes and waits for the whole answer; never rejects. */
export function collectAnswer(fn: LoadedFunction, invocation: Invocation): Promise<CollectedAnswer> {
  return new Promise((resolve) => {
    let status = 0;
    let headers: readonly string[] = [];
    const chunks: Uint8Array[] = [];
    fn.invoke(invocation, {
      head(answeredStatus, answeredHeaders) {
        status = answeredStatus;
        headers = answeredHeaders;
      },
      chunk: (bytes) => void chunks.push(bytes),
      end: (report) => resolve({ ok: true, status, headers, body: Buffer.concat(chunks), report }),
      failed: (error, report) => resolve({ ok: false, error, report }),
    });
  });
}
