import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { HttpError } from '../errors.ts';
import { normalisePath } from './normalise-path.ts';
import { buildRouteTable, type RouteDefinition } from './route-table.ts';

interface NamedRoute extends RouteDefinition {
  readonly name: string;
}

function route(name: string, path: string, methods: string[] | null = null, host: string | null = null): NamedRoute {
  return { name, path, methods, host };
}

function find(routes: readonly NamedRoute[], request: string): unknown {
  const [method = '', host = '', path = ''] = request.split(' ');
  const match = buildRouteTable(routes).match(host, method, path);
  return match && { name: match.route.name, params: { ...match.params }, method: match.method };
}

const routes = [
  route('tax', '/api/tax/:id', ['POST']),
  route('taxes', '/api/tax', ['GET', 'POST']),
  route('all-taxes', '/api/tax/all', ['POST']),
  route('rates', '/api/tax/:id/rates/:year', ['GET']),
  route('files', '/files/*', ['GET']),
  route('accent', '/café/%7e', ['GET']),
  route('space', '/a%20b', ['GET']),
  route('slash', '/a%2fb', ['GET']),
  route('percent', '/100%25', ['GET']),
  route('head', '/head', ['HEAD']),
  route('head', '/head', ['GET']),
  route('rest', '/*'),
].map((route) => ({ ...route, path: encodeURI(decodeURI(route.path)) }));

test.for([
  { request: 'POST a /api/tax/7', name: 'tax', params: { id: '7' } },
  { request: 'GET a /api/tax/7', name: 'rest', params: { '*': 'api/tax/7' } },
  { request: 'POST a /api/tax/all', name: 'all-taxes', params: {} },
  { request: 'PURGE a /api/tax/all', name: 'rest', params: { '*': 'api/tax/all' } },
  { request: 'GET a /api/tax', name: 'taxes', params: {} },
  { request: 'GET a /api/tax/', name: 'rest', params: { '*': 'api/tax/' } },
  { request: 'GET a /API/tax', name: 'rest', params: { '*': 'API/tax' } },
  { request: 'GET a /api/tax/a%2Fb/rates/%C3%A9', name: 'rates', params: { id: 'a/b', year: 'é' } },
  { request: 'GET a /api/tax/%2525/rates/1', name: 'rates', params: { id: '%25', year: '1' } },
  { request: 'GET a /files/', name: 'files', params: { '*': '' } },
  { request: 'GET a /files/a/b%20c', name: 'files', params: { '*': 'a/b c' } },
  { request: 'GET a /files', name: 'rest', params: { '*': 'files' } },
  { request: 'GET a /caf%C3%A9/~', name: 'accent', params: {} },
  { request: 'GET a /a%20b', name: 'space', params: {} },
  { request: 'GET a /100%25', name: 'percent', params: {} },
  { request: 'GET a /', name: 'rest', params: { '*': '' } },
])('matches $request with $name', ({ request, name, params }) => {
  expect(find(routes, request)).toEqual({ name, params, method: request.split(' ')[0] });
});

test('matches an escaped slash only where the pattern has one', () => {
  const routes = [route('escaped', '/a%2Fb'), route('plain', '/a/b')];
  expect(find(routes, 'GET h /a%2Fb')).toMatchObject({ name: 'escaped' });
  expect(find(routes, 'GET h /a/b')).toMatchObject({ name: 'plain' });
  expect(find(routes, 'GET h /a%252Fb')).toBeUndefined();
});

const hostRoutes = [
  route('exact', '/x', ['GET'], 'shop.example'),
  route('deep', '/*', ['GET'], '*.eu.shop.example'),
  route('wild', '/*', ['GET'], '*.shop.example'),
  route('six', '/six', ['GET'], '::1'),
  route('general', '/*', null),
];

test.for([
  { request: 'GET shop.example /x', name: 'exact' },
  { request: 'GET shop.example:8080 /x', name: 'exact' },
  { request: 'GET shop.example. /x', name: 'exact' },
  { request: 'GET shop.example.:80 /x', name: 'exact' },
  { request: 'GET shop.example /y', name: 'general' },
  { request: 'POST shop.example /x', name: 'general' },
  { request: 'GET a.shop.example /x', name: 'wild' },
  { request: 'GET a.b.shop.example /x', name: 'wild' },
  { request: 'GET a.eu.shop.example /x', name: 'deep' },
  { request: 'POST a.eu.shop.example /x', name: 'general' },
  { request: 'GET .shop.example /x', name: 'general' },
  { request: 'GET notshop.example /x', name: 'general' },
  { request: 'GET shop.example.evil /x', name: 'general' },
  { request: 'GET [::1]:80 /x', name: 'general' },
  { request: 'GET  /x', name: 'general' },
])('sends $request to the routes of its host: $name', ({ request, name }) => {
  expect(find(hostRoutes, request)).toMatchObject({ name });
});

test.for([
  { what: 'a GET route', routes: [route('get', '/x', ['GET'])], name: 'get', method: 'GET' },
  { what: 'a route that names HEAD', routes: [route('head', '/x', ['GET', 'HEAD'])], name: 'head', method: 'HEAD' },
  { what: 'a route of any method', routes: [route('any', '/x')], name: 'any', method: 'HEAD' },
  {
    what: 'the HEAD route beside a GET route',
    routes: [route('get', '/x', ['GET']), route('head', '/x', ['HEAD'])],
    name: 'head',
    method: 'HEAD',
  },
  {
    what: 'the GET route beside one of any method',
    routes: [route('any', '/x'), route('get', '/x', ['GET'])],
    name: 'get',
    method: 'GET',
  },
  {
    what: 'the more specific GET route',
    routes: [route('any', '/*'), route('get', '/x', ['GET'])],
    name: 'get',
    method: 'GET',
  },
])('serves HEAD by $what', ({ routes, name, method }) => {
  expect(find(routes, 'HEAD h /x')).toMatchObject({ name, method });
});

test('lists the methods of a path over all that its host can reach', () => {
  const table = buildRouteTable([
    route('a', '/x/:id', ['PUT'], 'shop.example'),
    route('b', '/x/*', ['GET'], '*.example'),
    route('c', '/x/1', ['DELETE']),
    route('d', '/y', ['PATCH']),
  ]);
  expect(table.allowedMethods('shop.example', '/x/1')).toEqual(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT']);
  expect(table.allowedMethods('other', '/x/1')).toEqual(['DELETE', 'OPTIONS']);
  expect(table.allowedMethods('other', '/x/2')).toEqual([]);
  expect(table.allMethods()).toEqual(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT']);
});

test.for([
  { what: 'the same pattern', routes: [route('a', '/x', ['GET']), route('b', '/x', ['POST', 'GET'])] },
  { what: 'other parameter names', routes: [route('a', '/x/:a'), route('b', '/x/:b')] },
  { what: 'the same host', routes: [route('a', '/x', null, 'h'), route('b', '/x', null, 'h')] },
])('refuses two routes with $what', ({ routes }) => {
  expect(() => buildRouteTable(routes)).toThrow(expect.objectContaining({ code: 'ERR_ROUTE_CONFLICT' }));
});

test('refuses a parameter that is not UTF-8', () => {
  expect(() => find(routes, 'POST a /api/tax/%FF')).toThrow(HttpError);
});

test('keeps a parameter called __proto__ an ordinary value', () => {
  const match = buildRouteTable([route('a', '/:__proto__')]).match('h', 'GET', '/polluted');
  expect(Object.getOwnPropertyNames(match?.params)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('matches a parameter as long as a request line', () => {
  const value = 'a'.repeat(8190);
  expect(find([route('a', '/:value')], `GET h /${value}`)).toMatchObject({ params: { value } });
});

test('lists the routes in the order of the config', () => {
  expect(buildRouteTable(hostRoutes).list()).toEqual(hostRoutes);
});

test('gives back every value that a client has encoded and the normalisation lets through', () => {
  const table = buildRouteTable([route('a', '/v/:value/:other'), route('b', '/*')]);
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(text, text, (value, other) => {
      const path = `/v/${encodeURIComponent(value)}/${encodeURIComponent(other)}`;
      fc.pre(isNormalisable(path));
      const match = table.match('h', 'GET', normalisePath(path));
      expect({ ...match?.params }).toEqual({ value, other });
    }),
  );
});

function isNormalisable(path: string): boolean {
  try {
    normalisePath(path);
    return true;
  } catch {
    return false;
  }
}

test('builds a table of 10,000 routes', () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    route(String(i), `/api/${i}/:id`, i % 2 === 0 ? ['GET', 'POST'] : null),
  );
  const table = buildRouteTable(many);
  expect(table.match('h', 'GET', '/api/9999/x')?.route.name).toBe('9999');
  expect(table.match('h', 'DELETE', '/api/9998/x')).toBeUndefined();
});
