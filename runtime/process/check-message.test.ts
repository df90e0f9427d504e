import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFromGuestProcess } from './check-message.ts';
import type { FromGuestProcess } from './messages.ts';

const cost = { queueMs: 0, instantiateMs: 0.1, runMs: 1, cpuMs: 1, fuel: null, memoryBytes: 65_536, hostCalls: 3 };
const report = { cost, logs: [{ text: 'line', truncated: false }], droppedLogLines: 0 };
const error = { code: 'ERR_GUEST_TRAP', message: 'trapped', details: {} };

const GOOD = [
  { kind: 'alive', readyThreads: 1 },
  { kind: 'refused', functionId: 1, error: { ...error, code: 'ERR_MODULE_LIMIT' } },
  { kind: 'head', callId: 1, status: 200, headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2'] },
  { kind: 'chunk', callId: 1, bytes: 'text' },
  { kind: 'chunk', callId: 1, bytes: new Uint8Array(1) },
  { kind: 'end', callId: 1, report },
  { kind: 'failed', callId: 1, error: { ...error, code: 'ERR_GUEST_TRAP' }, report },
  { kind: 'threadReplaced', reason: 'crashed', functionName: undefined, causeMessage: 'out of memory' },
] as const satisfies readonly FromGuestProcess[];

test.for(GOOD)('takes $kind', (message) => {
  expect(isFromGuestProcess(message)).toBe(true);
});

const head = { kind: 'head', callId: 1, status: 200, headers: [] };

test.for([
  { what: 'nothing', message: undefined },
  { what: 'a kind by inheritance', message: { kind: 'toString' } },
  { what: 'a message to the process', message: { kind: 'ping' } },
  { what: 'no number', message: { ...head, callId: '1' } },
  { what: 'a negative number', message: { ...head, callId: -1 } },
  { what: 'a status that is none', message: { ...head, status: 101 } },
  { what: 'a header that ends the line', message: { ...head, headers: ['a', 'b\r\nc: d'] } },
  { what: 'a header of the connection', message: { ...head, headers: ['transfer-encoding', 'chunked'] } },
  { what: 'a header without value', message: { ...head, headers: ['a'] } },
  { what: 'a header that is no text', message: { ...head, headers: ['a', { toString: 1 }] } },
  { what: 'headers beyond the limit', message: { ...head, headers: Array(400).fill('a') } },
  { what: 'the headers of a prototype', message: { ...head, headers: { length: 0 } } },
  { what: 'a body that is none', message: { kind: 'chunk', callId: 1, bytes: [1, 2] } },
  {
    what: 'an unknown code',
    message: { kind: 'failed', callId: 1, error: { ...error, code: 'ERR_INTERNAL' }, report },
  },
  { what: 'no report', message: { kind: 'end', callId: 1 } },
  {
    what: 'a cost without a number',
    message: { kind: 'end', callId: 1, report: { ...report, cost: { ...cost, runMs: '1' } } },
  },
  { what: 'a log line that is none', message: { kind: 'end', callId: 1, report: { ...report, logs: ['line'] } } },
])('refuses $what', ({ message }) => {
  expect(isFromGuestProcess(message)).toBe(false);
});

test('says yes or no to anything', () => {
  const kinds = fc.constantFrom(...GOOD.map(({ kind }) => kind));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), kinds, fc.anything(), (fields, kind, value) => {
      const base = GOOD.find((good) => good.kind === kind)!;
      const name = Object.keys(base).at(-1)!;
      expect(typeof isFromGuestProcess({ ...fields, kind })).toBe('boolean');
      expect(typeof isFromGuestProcess({ ...base, [name]: value })).toBe('boolean');
    }),
  );
});
