// The contract `json`, version 1: one JSON document on stdin, one on stdout. Strict on the way out: an answer is what
// HTTP can carry, or it is refused with the reason.

import type { InvocationEvent, TraceContext } from '../invocation.ts';
import { readAnswer } from './answer.ts';
import type { Answer, Contract, ContractInput } from './contract.ts';
import { isJsonObject, type JsonDocument, readJsonDocument } from './json-document.ts';
import { described, quoted, refusal } from './refusal.ts';
import { bodyJson, headersJson, queryJson, requestUri } from './request-fields.ts';

const ANSWER_FIELDS = ['status', 'headers', 'body', 'encoding'] as const;

export const jsonContract: Contract = { name: 'json', encode, decode };

function encode({ id, functionName, event, trace, deadlineMs }: ContractInput): Uint8Array {
  const q = JSON.stringify;
  const head = `{"version":1,"trigger":"${event.trigger}","id":${q(id)},"function":${q(functionName)},`;
  // JSON has no Infinity: no deadline is no field.
  const deadline = Number.isFinite(deadlineMs) ? `,"deadline_ms":${deadlineMs}` : '';
  return Buffer.from(`${head}${eventJson(event)}${deadline}${traceJson(trace)}}`, 'utf8');
}

function eventJson(event: InvocationEvent): string {
  const q = JSON.stringify;
  if (event.trigger !== 'http') return `"event":${q(event.event ?? null)}`;
  return (
    `"route":${q(event.route)},"method":${q(event.method)},"scheme":"${event.scheme}","host":${q(event.host)},` +
    `"remote_addr":${q(event.remoteAddress)},"uri":${q(requestUri(event.path, event.query))},` +
    `"path":${q(event.path)},"params":${q(event.params)},"query":${queryJson(event.query)},` +
    `"headers":${headersJson(event.rawHeaders, (name) => name.toLowerCase())},${bodyJson(event.body)}`
  );
}

function traceJson(trace: TraceContext | undefined): string {
  return trace === undefined
    ? ''
    : `,"trace":{"traceparent":${JSON.stringify(trace.traceparent)},"tracestate":${JSON.stringify(trace.tracestate)}}`;
}

function decode(stdout: Uint8Array, { event }: ContractInput): Answer {
  const document = readJsonDocument(stdout);
  const { value, syntaxError } = document;
  if (syntaxError !== undefined) {
    throw refusal('stdout', `stdout is not one JSON document: ${syntaxError}`);
  }
  if (!isJsonObject(value)) {
    throw refusal('stdout', `stdout is ${described(value)}: print an object such as {"status":200,"body":"text"}`);
  }
  refuseUnknownFields(value);
  refuseDuplicateFields(value, document);
  const { status, headers, body, encoding } = value;
  const answer = readAnswer({ status, headers, body, encoding }, event);
  refuseDuplicateHeaders(headers, document);
  return answer;
}

function refuseUnknownFields(value: object): void {
  const unknown = Object.keys(value).find((name) => !(ANSWER_FIELDS as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw refusal('stdout', `unknown field ${quoted(unknown)}: an answer has ${ANSWER_FIELDS.join(', ')}`);
}

/** Two readers may take different ones of two equal names; neither is for certain what the guest meant. */
function refuseDuplicateFields(value: object, { memberCounts: [outer] }: JsonDocument): void {
  if (Object.keys(value).length === outer) return;
  throw refusal('stdout', 'the answer has a field twice: write each field once');
}

/** Only for a valid answer: there, `headers` is the only object one level down, and all inner members are its. */
function refuseDuplicateHeaders(headers: unknown, { memberCounts: [, inner] }: JsonDocument): void {
  if ((isJsonObject(headers) ? Object.keys(headers).length : 0) === inner) return;
  throw refusal('headers', 'headers has a name twice: write it once, with a list of its values');
}
