// Whether a message of the guest process is one. A guest that has taken over its process can send anything; what passes
// here can be handed to the embedder like an answer of a thread.

import { readHeaders } from '../contract/answer-headers.ts';
import { INVOCATION_ERROR_CODES, InvocationError, MODULE_ERROR_CODES } from '../errors.ts';
import type { FromGuestProcess } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const INVOCATION_CODES: ReadonlySet<unknown> = new Set(INVOCATION_ERROR_CODES);
const MODULE_CODES: ReadonlySet<unknown> = new Set(MODULE_ERROR_CODES);

const isString: Check = (value) => typeof value === 'string';
const isOptionalString: Check = (value) => value === undefined || isString(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isAmount: Check = (value) => Number.isFinite(value);
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isStatus: Check = (value) => isCount(value) && (value as number) >= 200 && (value as number) <= 599;
const isBytes: Check = (value) => isString(value) || value instanceof Uint8Array;

/** Each field of the message with what it must be. */
const CHECKS: Readonly<Record<FromGuestProcess['kind'], Readonly<Record<string, Check>>>> = {
  alive: { readyThreads: isCount },
  loaded: { functionId: isCount, facts: isRecord },
  refused: { functionId: isCount, error: (value) => isError(value, MODULE_CODES) },
  head: { callId: isCount, status: isStatus, headers: isHeaders },
  chunk: { callId: isCount, bytes: isBytes },
  end: { callId: isCount, report: isReport },
  failed: { callId: isCount, error: (value) => isError(value, INVOCATION_CODES), report: isReport },
  threadReplaced: {
    reason: (value) => value === 'deadline' || value === 'crashed',
    functionName: isOptionalString,
    causeMessage: isOptionalString,
  },
};

export function isFromGuestProcess(message: unknown): message is FromGuestProcess {
  if (!isRecord(message) || typeof message['kind'] !== 'string' || !Object.hasOwn(CHECKS, message['kind']))
    return false;
  const checks = CHECKS[message['kind'] as FromGuestProcess['kind']];
  for (const field in checks) if (!checks[field]!(message[field])) return false;
  return true;
}

function isError(value: unknown, codes: ReadonlySet<unknown>): boolean {
  return isRecord(value) && codes.has(value['code']) && isString(value['message']) && isRecord(value['details']);
}

function isHeaders(value: unknown): boolean {
  if (!Array.isArray(value) || value.length % 2 !== 0 || !value.every(isString)) return false;
  const headers: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < value.length; i += 2) (headers[value[i] as string] ??= []).push(value[i + 1] as string);
  try {
    readHeaders(headers, 'any');
    return true;
  } catch (error) {
    if (error instanceof InvocationError) return false;
    throw error;
  }
}

function isReport(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { cost, logs, droppedLogLines } = value;
  return isCost(cost) && Array.isArray(logs) && logs.every(isLogLine) && isCount(droppedLogLines);
}

function isCost(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { queueMs, instantiateMs, runMs, cpuMs, memoryBytes, hostCalls, fuel } = value;
  const isTimed = isAmount(queueMs) && isAmount(instantiateMs) && isAmount(runMs) && isAmount(cpuMs);
  return isTimed && isCount(memoryBytes) && isCount(hostCalls) && (fuel === null || isAmount(fuel));
}

function isLogLine(value: unknown): boolean {
  return isRecord(value) && isString(value['text']) && typeof value['truncated'] === 'boolean';
}
