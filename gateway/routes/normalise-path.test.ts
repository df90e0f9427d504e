import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { HttpError } from '../errors.ts';
import { normalisePath, normaliseTarget } from './normalise-path.ts';

test.for([
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['/A/b', '/A/b'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a..b/...', '/a..b/...'],
  ['/%41%7a%2D%5f%7E%2e5', '/Az-_~.5'],
  ['/%c3%a9', '/%C3%A9'],
  ['/a%2fb', '/a%2Fb'],
  ['/100%25', '/100%25'],
  ['/%252e%252e/', '/%252e%252e/'],
  ['//a///b//', '/a/b/'],
  ['/a;x=1/b', '/a;x=1/b'],
  ['/a%3bx', '/a%3Bx'],
  ['/!$&\'()*+,=:@|^{}"<>`[]', '/!$&\'()*+,=:@|^{}"<>`[]'],
  ['/a%20b', '/a%20b'],
  ['/%ff', '/%FF'],
] as const)('normalises %s to %s', ([path, normal]) => {
  expect(normalisePath(path)).toBe(normal);
});

test.for([
  '/.',
  '/..',
  '/a/./b',
  '/a/../b',
  '/a/..',
  '/%2e',
  '/%2E%2e/a',
  '/.%2e/a',
  '/a/%2e%2e%2fb',
  '/a%2f..%2fb',
  '/a%2f..',
  '/..;/a',
  '/..;x=1',
  '/.%3b/a',
  '//..//a',
  '/a\\b',
  '/a%5cb',
  '/a%5C..%5Cb',
  '/%00',
  '/%0d%0a',
  '/%7f',
  '/%',
  '/%a',
  '/%zz',
  '/%%41',
  '/%u0041',
  '/a#b',
  '/a b',
  '/a\tb',
  '/a\0b',
  '/é',
])('refuses %j', (path) => {
  expect(() => normalisePath(path)).toThrow(HttpError);
});

test.for([
  { target: '/a?b=c?d', path: '/a', query: 'b=c?d' },
  { target: '/a?', path: '/a', query: '' },
  { target: '/a?../%00%zz\\', path: '/a', query: '../%00%zz\\' },
  { target: 'http://h/a?b', path: '/a', query: 'b', authority: 'h' },
  { target: 'HTTPS://h:1', path: '/', query: '', authority: 'h:1' },
  { target: 'http://h?b', path: '/', query: 'b', authority: 'h' },
])('splits $target', ({ target, path, query, authority }) => {
  expect(normaliseTarget('GET', target)).toEqual({ path, query, authority });
});

test('takes the star only for OPTIONS', () => {
  expect(normaliseTarget('OPTIONS', '*').path).toBe('*');
  expect(() => normaliseTarget('GET', '*')).toThrow(HttpError);
});

test.for(['', 'a', '?a', 'ftp://h/', 'http:/a', '/?a#b', '/?\x7f', '/?é', '/? '])('refuses the target %j', (target) => {
  expect(() => normaliseTarget('GET', target)).toThrow(HttpError);
});

const hostilePath = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%2e',
        '%2E',
        '%2f',
        '%5c',
        '%25',
        '%00',
        '%41',
        '%c3%a9',
        ';',
        '\\',
        'a',
        '?',
        '#',
      ),
      fc.string({ maxLength: 3 }),
    ),
  )
  .map((parts) => `/${parts.join('')}`);

function normaliseOrUndefined(path: string): string | undefined {
  try {
    return normalisePath(path);
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

test('is idempotent, and its result climbs nowhere however often it is decoded', () => {
  fc.assert(
    fc.property(hostilePath, (path) => {
      const normal = normaliseOrUndefined(path);
      if (normal === undefined) return;
      expect(normalisePath(normal)).toBe(normal);
      expect(normal).not.toMatch(/\/\/|\\|[^!-~]/);
      const decoded = normal.replaceAll(/%[0-7][0-9A-F]/g, decodeURIComponent);
      expect(decoded.split(/[/\\]/).map((segment) => segment.split(';')[0])).not.toContain('..');
      // The server of another vendor resolves it to the same path.
      expect(new URL(`http://h${normal}`).pathname.length).toBeGreaterThanOrEqual(normal.length);
    }),
    { numRuns: 2000 },
  );
});
