import { expect, test } from 'vitest';
import { terminalLine } from './terminal-line.ts';

const COMMON = { level: 30, time: 0, pid: 1, hostname: 'host' };

test.for([
  {
    what: 'an answered request',
    record: { msg: 'request', request_id: '01', method: 'POST', path: '/api/tax', status: 200, bytes: 50, ms: 1.5 },
    line: 'POST /api/tax 200 in 1.5 ms',
  },
  {
    what: 'a failed request',
    record: {
      msg: 'request',
      method: 'GET',
      path: '/x',
      status: 404,
      ms: 1,
      code: 'ERR_ROUTE_NOT_FOUND',
      reason: 'no route',
    },
    line: 'GET /x 404 in 1 ms, ERR_ROUTE_NOT_FOUND: no route',
  },
  {
    what: 'a line of a guest',
    record: { source: 'guest', function: 'tax', request_id: '01', msg: 'hi' },
    line: 'tax: hi',
  },
  {
    what: 'fields that tell more',
    record: { msg: 'draining', signal: 'SIGTERM', drain_ms: 5 },
    line: 'draining (signal SIGTERM, drain_ms 5)',
  },
  {
    what: 'an error',
    record: {
      msg: 'worker thread replaced',
      function: 'tax',
      reason: 'crashed',
      err: { message: 'out of memory', stack: '…' },
    },
    line: 'worker thread replaced (function tax, reason crashed, err out of memory)',
  },
])('tells $what in one line', ({ record, line }) => {
  expect(terminalLine({ ...COMMON, ...record })).toBe(line);
});
