// What a contract is: how an event becomes the guest's stdin and its stdout becomes an answer. Runs in a worker thread.

import type { InvocationEvent, TraceContext } from '../invocation.ts';

export interface ContractInput {
  readonly id: string;
  readonly functionName: string;
  readonly event: InvocationEvent;
  readonly trace: TraceContext | undefined;
  /** Wall time that the invocation has, in milliseconds. */
  readonly deadlineMs: number;
}

export interface Answer {
  readonly status: number;
  /** Flat: name, value, name, value …; names in lower case; no framing header (content-length, transfer-encoding …). */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

export interface Contract {
  readonly name: string;
  /** The bytes of the guest's stdin. */
  encode(input: ContractInput): Uint8Array;
  /**
   * Reads what the guest wrote to stdout.
   * @throws InvocationError ERR_GUEST_OUTPUT with the reason, if it is not an answer that HTTP can carry.
   */
  decode(stdout: Uint8Array, input: ContractInput): Answer;
}
