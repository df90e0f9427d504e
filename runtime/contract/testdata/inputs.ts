// Inputs and outputs of contracts for the tests.

import { InvocationError } from '../../errors.ts';
import type { BackgroundEvent, HttpEvent } from '../../invocation.ts';
import type { Answer, ContractInput } from '../contract.ts';
import { isJsonObject } from '../json-document.ts';

const HTTP_EVENT: HttpEvent = {
  trigger: 'http',
  route: '/api/tax/:id',
  method: 'POST',
  scheme: 'https',
  host: 'shop.example',
  remoteAddress: '203.0.113.7',
  path: '/api/tax/7',
  query: 'a=1&a=2',
  params: { id: '7' },
  rawHeaders: ['Content-Type', 'application/json'],
  body: Buffer.from('{"value":100}'),
};

export function httpInput(event: Partial<HttpEvent> = {}, rest: Partial<ContractInput> = {}): ContractInput {
  return {
    id: '01J',
    functionName: 'tax',
    event: { ...HTTP_EVENT, ...event },
    trace: undefined,
    deadlineMs: 2000,
    ...rest,
  };
}

export function backgroundInput(event: BackgroundEvent): ContractInput {
  return { id: '01J', functionName: 'tax', event, trace: undefined, deadlineMs: 2000 };
}

export function asBytes(output: string | Uint8Array): Uint8Array {
  return typeof output === 'string' ? Buffer.from(output) : output;
}

/** What a call answers, or the InvocationError that it throws; anything else that it throws is a failed test. */
export function outcomeOf<Result>(call: () => Result): Result | InvocationError {
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof InvocationError) return thrown;
    throw thrown;
  }
}

export function refusalOf(call: () => unknown): InvocationError {
  const outcome = outcomeOf(call);
  if (outcome instanceof InvocationError) return outcome;
  throw new Error(`not refused: ${JSON.stringify(outcome)}`);
}

/** Whether HTTP can carry an answer, or a refusal has the right code. */
export function isAnswerOrRefusal(outcome: Answer | InvocationError): boolean {
  if (outcome instanceof InvocationError) return outcome.code === 'ERR_GUEST_OUTPUT';
  const { status, headers, body } = outcome;
  const areHeadersValid = headers.every((text, index) =>
    index % 2 === 0 ? /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(text) : /^[\t\x20-\x7e\x80-\xff]*$/.test(text),
  );
  const isStatusValid = Number.isInteger(status) && status >= 200 && status <= 599;
  return isStatusValid && headers.length % 2 === 0 && areHeadersValid && body instanceof Uint8Array;
}

export function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error(`not an object: ${text}`);
  return value;
}
