import { expect, test } from 'vitest';

import { pathShape, readHost, readMethods, readPath } from './route-pattern.ts';

test.for([
  '/',
  '/*',
  '/a',
  '/a/',
  '/a/:id',
  '/a/:id/b/:other',
  '/a/*',
  "/a/b.c-d_e~f!$&'()+,;=@",
  '/caf%C3%A9',
  '/:a_1',
])('accepts the path %s', (path) => {
  expect(readPath(path)).toEqual({ value: path });
});

test.for([
  [null, 'begins with "/"'],
  ['', 'begins with "/"'],
  ['api', 'begins with "/"'],
  ['*', 'begins with "/"'],
  ['/a//b', 'must not contain "//"'],
  ['//', 'must not contain "//"'],
  ['/./a', 'segments'],
  ['/a/..', 'segments'],
  ['/a?b=1', '"?" or "#"'],
  ['/a#b', '"?" or "#"'],
  ['/a*', 'whole last segment'],
  ['/*/a', 'whole last segment'],
  ['/**', 'whole last segment'],
  ['/:id/:id', 'parameter ":id" twice'],
  ['/:', '":" only before a parameter'],
  ['/:1', '":" only before a parameter'],
  ['/:id(\\d+)', '":" only before a parameter'],
  ['/:a-:b', '":" only before a parameter'],
  ['/a:b', '":" only before a parameter'],
  ['/:__proto__', 'rename it'],
  ['/a b', 'percent-encoded'],
  ['/café', 'percent-encoded'],
  ['/%zz', 'percent-encoded'],
  ['/a\\b', 'percent-encoded'],
  ['/%41', 'must be written "/A"'],
  ['/caf%c3%a9', 'must be written "/caf%C3%A9"'],
  ['/%2e%2e/a', 'refuses in requests'],
  ['/%00', 'refuses in requests'],
  ['/%5C', 'refuses in requests'],
  ['/a\0', 'percent-encoded'],
] as const)('refuses the path %j', ([path, reason]) => {
  expect(readPath(path)).toEqual({ problem: expect.stringContaining(reason) });
});

test('gives patterns that differ only in parameter names the same shape', () => {
  expect(pathShape('/a/:id/b/:x')).toBe(pathShape('/a/:name/b/:y'));
  expect(pathShape('/a/:id')).not.toBe(pathShape('/a/*'));
  expect(pathShape('/a/id')).not.toBe(pathShape('/a/:id'));
});

test.for([
  ['shop.example', 'shop.example'],
  ['Shop.Example', 'shop.example'],
  ['*.example.com', '*.example.com'],
  ['127.0.0.1', '127.0.0.1'],
] as const)('reads the host %s', ([raw, host]) => {
  expect(readHost(raw)).toEqual({ value: host });
});

test.for([null, '', '*', '*.', 'a.*.b', 'shop.example:80', 'http://a', 'a/b', '.a', 'a.', '-a.b', 7])(
  'refuses the host %j',
  (raw) => {
    expect(readHost(raw)).toEqual({ problem: expect.stringContaining('must be a host without port') });
  },
);

test('reads methods', () => {
  expect(readMethods(['GET', 'POST'])).toEqual({ value: ['GET', 'POST'] });
});

test.for([
  [[], 'must be a list of methods such as [GET, POST], got []'],
  ['GET', 'must be a list of methods such as [GET, POST], got "GET"'],
  [['TRACE'], 'must not list TRACE, the gateway refuses it'],
  [['GET', 'CONNECT'], 'must not list CONNECT, the gateway refuses it'],
  [['post'], 'must list HTTP methods, got "post", did you mean "POST"?'],
  [['DELET'], 'must list HTTP methods, got "DELET", did you mean "DELETE"?'],
  [['NOT-A-METHOD'], 'must list HTTP methods, got "NOT-A-METHOD", such as GET or POST, in upper case'],
  [[1], 'must list HTTP methods, got 1, such as GET or POST, in upper case'],
  [['GET', 'GET'], 'must list "GET" once, got it twice'],
] as const)('refuses the methods %j', ([raw, problem]) => {
  expect(readMethods(raw)).toEqual({ problem });
});
