import path from 'node:path';

import { expect, test } from 'vitest';

import { ConfigError } from './problems.ts';
import { FULL_CONFIG, minimal, parse, problemsOf } from './config.fixture.ts';

const MIB = 1024 ** 2;

test('resolves every key of a full configuration', async () => {
  const config = await parse(FULL_CONFIG);
  expect(config).toMatchObject({
    file: path.resolve('wasmgate.yaml'),
    listen: { host: null, port: 8080 },
    admin: { listen: { host: '127.0.0.1', port: 9901 } },
    http: {
      requestLineBytes: 4096,
      headersBytes: 8192,
      headerCount: 50,
      bodyBytes: 2 * MIB,
      headersTimeoutMs: 1000,
      requestTimeoutMs: 2000,
      idleTimeoutMs: 3000,
      maxConnections: 10,
      serverTiming: true,
    },
    pool: { threads: 2, queueLength: 20 },
    shutdown: { drainMs: 60_000 },
    log: { level: 'debug', access: false },
    routes: [
      {
        path: '/api/tax/:id',
        methods: ['POST', 'PUT'],
        host: 'shop.example',
        functionName: 'tax',
        bodyBytes: 3 * MIB,
        at: { file: 'wasmgate.yaml', line: 29, column: 5 },
      },
      { path: '/*', methods: null, host: null, functionName: 'constructor', bodyBytes: 2 * MIB },
    ],
  });
  expect([...config.functions.keys()]).toEqual(['tax', 'constructor']);
  expect(config.functions.get('tax')).toEqual({
    name: 'tax',
    modulePath: path.resolve('functions/tax.wasm'),
    sha256: 'ab'.repeat(32),
    contract: 'gojinn',
    state: 'shared',
    isolation: 'process',
    limits: {
      cpuMs: 40,
      fuel: 1_000_000,
      wallMs: 2000,
      memoryBytes: 128 * MIB,
      outputBytes: MIB,
      tableEntries: 5,
      queueLength: 6,
      queueTimeoutMs: 7,
    },
    env: { RATE: '0.15' },
    at: { file: 'wasmgate.yaml', line: 19, column: 3 },
  });
  expect(config.functions.get('constructor')?.modulePath).toBe(path.resolve('/srv/other.wasm'));
});

test('fills in the defaults', async () => {
  const config = await parse(minimal(), { cores: 4 });
  expect(config).toMatchObject({
    listen: { host: '127.0.0.1', port: 8080 },
    admin: null,
    http: {
      requestLineBytes: 8192,
      headersBytes: 16_384,
      headerCount: 100,
      bodyBytes: MIB,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      idleTimeoutMs: 5000,
      maxConnections: 10_000,
      serverTiming: false,
    },
    pool: { threads: 3, queueLength: 1000 },
    shutdown: { drainMs: 10_000 },
    log: { level: 'info', access: true },
    routes: [{ path: '/tax', methods: null, host: null, functionName: 'tax', bodyBytes: MIB }],
  });
  expect(config.functions.get('tax')).toMatchObject({
    sha256: null,
    contract: 'json',
    state: 'fresh',
    isolation: 'thread',
    limits: {
      cpuMs: 100,
      wallMs: 1000,
      memoryBytes: 64 * MIB,
      outputBytes: 6 * MIB,
      tableEntries: 10_000,
      queueLength: 100,
      queueTimeoutMs: 250,
    },
    env: {},
  });
});

test.for([
  [1, 1],
  [2, 1],
  [8, 7],
  [128, 64],
] as const)('takes %d cores for %d threads', async ([cores, threads]) => {
  expect((await parse(minimal(), { cores })).pool.threads).toBe(threads);
});

test('gives a configuration that nothing can change', async () => {
  const config = await parse(FULL_CONFIG);
  const { functions } = config;
  if (!(functions instanceof Map)) throw new Error('functions are a Map');
  expect(() => functions.set('x', {})).toThrow(TypeError);
  expect(() => functions.delete('tax')).toThrow(TypeError);
  expect(() => functions.clear()).toThrow(TypeError);
  const tax = config.functions.get('tax');
  const parts = [
    config,
    config.http,
    config.admin?.listen,
    config.routes,
    config.routes[0]?.methods,
    config.routes[0]?.at,
  ];
  for (const part of [...parts, tax, tax?.limits, tax?.env, tax?.at, functions])
    expect(part).toSatisfy(Object.isFrozen);
});

test('reports every problem at once, sorted by place', async () => {
  const text = `version: 2
lisen: 127.0.0.1:80
http: { body: -1, headersTimeout: abc }
functions:
  Tax: { modul: x.wasm, env: { RATE: 0.15 } }
  tax: { module: tax.wasm, limits: { memory: 100KiB } }
routes:
  - { path: api, function: tax }
  - { path: /a, function: tex }
  - { path: /a, function: tax, methods: [TRACE] }
`;
  expect(await problemsOf(text)).toEqual([
    'wasmgate.yaml:1:10: version must be 1, the only version of this format, got 2',
    'wasmgate.yaml:2:1: unknown key "lisen", did you mean "listen"?',
    expect.stringMatching(/^wasmgate\.yaml:3:15: http\.body must be a size from 1B to 256MiB .*, got -1$/),
    expect.stringMatching(/^wasmgate\.yaml:3:35: http\.headersTimeout must be a time from 1ms .*, got "abc"$/),
    'wasmgate.yaml:5:3: function name "Tax" must begin with a-z and have at most 63 of a-z, 0-9, "_" and "-"',
    'wasmgate.yaml:5:8: missing key "module" in functions.Tax, add it',
    'wasmgate.yaml:5:10: unknown key "modul", did you mean "module"?',
    'wasmgate.yaml:5:38: functions.Tax.env.RATE must be a string, got the number 0.15, put it in quotes',
    expect.stringMatching(/^wasmgate\.yaml:6:46: functions\.tax\.limits\.memory must be a multiple of 64KiB/),
    'wasmgate.yaml:8:13: routes[0].path must be a path that begins with "/", got "api"',
    'wasmgate.yaml:9:27: undefined function "tex", did you mean "tax"?',
    'wasmgate.yaml:10:41: routes[2].methods must not list TRACE, the gateway refuses it',
  ]);
});

test('carries the problems in an error with a code', async () => {
  const error: unknown = await parse('version: 1').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({
    name: 'ConfigError',
    code: 'ERR_CONFIG',
    problems: [
      { at: { file: 'wasmgate.yaml', line: 1, column: 1 }, message: 'missing key "functions", add it' },
      { at: { file: 'wasmgate.yaml', line: 1, column: 1 }, message: 'missing key "routes", add it' },
    ],
    message: 'wasmgate.yaml:1:1: missing key "functions", add it\nwasmgate.yaml:1:1: missing key "routes", add it',
  });
});

test.for([
  ['timout', 'unknown key "timout", use one of version, listen, admin, http, pool, shutdown, log, functions, routes'],
  ['route', 'unknown key "route", did you mean "routes"?'],
  ['constructor', expect.stringMatching(/^unknown key "constructor", use one of /)],
  ['toString', expect.stringMatching(/^unknown key "toString", use one of /)],
] as const)('refuses the unknown key %s', async ([key, message]) => {
  const error: unknown = await parse(minimal(`${key}: 1`)).catch((error: unknown) => error);
  expect(error).toMatchObject({ problems: [{ at: { line: 4, column: 1 }, message }] });
});

test.for([
  ['limits: { wal: 1s }', 'unknown key "wal", did you mean "wall"?'],
  [
    'limits: { fast: 1s }',
    'unknown key "fast", use one of cpu, fuel, wall, memory, output, tableEntries, queue, queueTimeout',
  ],
  ['limits: { wall: 1000 }', 'functions.tax.limits.wall must be a time'],
  ['limits: []', 'functions.tax.limits must be a mapping, got a list'],
  ['limits:', 'functions.tax.limits must be a mapping, got nothing'],
  ['sha256: abc', 'functions.tax.sha256 must be the 64 hex digits'],
  ['contract: wagi', 'functions.tax.contract must be one of json, gojinn, got "wagi"'],
  ['isolation: container', 'functions.tax.isolation must be one of thread, process, got "container"'],
  ['env: { A: true }', 'functions.tax.env.A must be a string, got the boolean true, put it in quotes'],
  ['env: { A: [] }', 'functions.tax.env.A must be a string, got a list'],
  ['env: { A: }', 'functions.tax.env.A must be a string, got nothing'],
  ['env: { A: "x\\0y" }', 'functions.tax.env.A must not contain a NUL character'],
  ['env: { "A=B": x }', 'variable name "A=B" must not be empty or have "=" or NUL'],
  ['env: { "": x }', 'variable name "" must not be empty'],
  ['env: { "A\\0": x }', 'variable name "A\\u0000" must not'],
] as const)('refuses a function with %s', async ([line, message]) => {
  const text = `version: 1\nfunctions:\n  tax:\n    module: tax.wasm\n    ${line}\nroutes: []\n`;
  expect(await problemsOf(text)).toEqual([expect.stringMatching(/^wasmgate\.yaml:5:\d+: /)]);
  expect(await problemsOf(text)).toEqual([expect.stringContaining(message)]);
});

test.for([
  ['listen: 8080', 'listen must be host:port'],
  ['listen: "[::1]:99999"', 'listen must have a port from 0 to 65535'],
  ['admin: { listen: 0.0.0.0:9901 }', 'admin.listen must be a loopback address'],
  ['admin: {}', 'missing key "listen" in admin, add it'],
  ['admin: { listen: 127.0.0.1:8080 }', 'admin.listen must have another port than listen, got "127.0.0.1:8080"'],
  ['http: { headerCount: 0 }', 'http.headerCount must be a whole number from 1 to 2000, got 0'],
  ['http: { body: 1e99 }', 'http.body must be a size'],
  ['http:', 'http must be a mapping, got nothing'],
  ['http: { headersTimeout: 31s }', 'http.headersTimeout must be at most http.requestTimeout (30000ms), got "31s"'],
  ['pool: { threads: 65 }', 'pool.threads must be a whole number from 1 to 64, got 65'],
  ['pool: { threads: 0 }', 'pool.threads must be a whole number from 1 to 64, got 0'],
  ['shutdown: { drain: 10 }', 'shutdown.drain must be a time'],
  ['log: { level: loud }', 'log.level must be one of trace, debug, info, warn, error, fatal, silent, got "loud"'],
  ['log: { access: yes }', 'log.access must be true or false, got "yes"'],
] as const)('refuses %s', async ([line, message]) => {
  expect(await problemsOf(minimal(line))).toEqual([expect.stringContaining(`: ${message}`)]);
});

test('shortens the default time for headers to that of the request', async () => {
  const { http } = await parse(minimal('http: { requestTimeout: 2s }'));
  expect(http).toMatchObject({ headersTimeoutMs: 2000, requestTimeoutMs: 2000 });
});

test('accepts an admin listener on the port of the public one if that is 0', async () => {
  const config = await parse(minimal('listen: 127.0.0.1:0', 'admin: { listen: 127.0.0.1:0 }'));
  expect(config.admin?.listen.port).toBe(0);
});

test('refuses a memory beyond the machine', async () => {
  const text = 'version: 1\nfunctions: { a: { module: a.wasm, limits: { memory: 2GiB } } }\nroutes: []';
  expect(await problemsOf(text, { memoryBytes: 2 ** 31 })).toEqual([]);
  expect(await problemsOf(text, { memoryBytes: 2 ** 31 - 1 })).toEqual([
    'wasmgate.yaml:2:53: functions.a.limits.memory must be at most 2048.0MiB, the memory of this machine, got "2GiB"',
  ]);
});

test.for([
  {
    routes: ['{ path: /a, function: tax }', '{ path: /a, function: tax }'],
    message: 'duplicate route any method /a, first on line 4 as /a, remove one of them',
  },
  {
    routes: [
      '{ path: "/a/:id", function: tax, methods: [GET] }',
      '{ path: "/a/:name", function: tax, methods: [POST, GET] }',
    ],
    message: 'duplicate route GET /a/:name, first on line 4 as /a/:id, remove one of them',
  },
  {
    routes: ['{ path: /*, function: tax, host: a.example }', '{ path: /*, function: tax, host: A.example }'],
    message: 'duplicate route any method a.example/*, first on line 4 as /*, remove one of them',
  },
])('refuses $message', async ({ routes, message }) => {
  const text = [
    'version: 1',
    'functions: { tax: { module: a.wasm } }',
    'routes:',
    ...routes.map((route) => `  - ${route}`),
  ];
  expect(await problemsOf(text.join('\n'))).toEqual([`wasmgate.yaml:5:5: ${message}`]);
});

test('accepts routes that differ in method, host or shape', async () => {
  const routes = [
    '{ path: /a, function: tax, methods: [GET] }',
    '{ path: /a, function: tax, methods: [POST] }',
    '{ path: /a, function: tax }',
    '{ path: /a, function: tax, host: a.example }',
    '{ path: /a, function: tax, host: "*.a.example" }',
    '{ path: "/:a", function: tax }',
    '{ path: /*, function: tax }',
    '{ path: /a/, function: tax }',
  ];
  const text = [
    'version: 1',
    'functions: { tax: { module: a.wasm } }',
    'routes:',
    ...routes.map((route) => `  - ${route}`),
  ];
  expect((await parse(text.join('\n'))).routes).toHaveLength(routes.length);
});

test.for(['constructor', 'toString', 'hasOwnProperty'])('does not take %s for a defined function', async (name) => {
  const text = `version: 1\nfunctions: {}\nroutes: [{ path: /a, function: ${name} }]`;
  expect(await problemsOf(text)).toEqual([
    `wasmgate.yaml:3:32: undefined function "${name}", define it under functions`,
  ]);
});

test('accepts a function that no route uses, and no routes at all', async () => {
  expect((await parse('version: 1\nfunctions: { a: { module: a.wasm } }\nroutes: []')).routes).toEqual([]);
});

test('loads 10,000 routes to 10,000 functions', async () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index);
  const text = [
    'version: 1',
    'functions:',
    ...numbers.map((index) => `  f${index}: { module: f${index}.wasm }`),
    'routes:',
    ...numbers.map((index) => `  - { path: "/f${index}/:id", methods: [GET], function: f${index} }`),
  ].join('\n');
  const config = await parse(text);
  expect(config.routes).toHaveLength(10_000);
  expect(config.functions.size).toBe(10_000);
  expect(config.routes.at(-1)?.at.line).toBe(20_003);
});

test('reports 10,000 undefined functions', async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `f${index}`);
  const text = [
    'version: 1',
    'functions:',
    ...names.map((name) => `  ${name}: { module: a.wasm }`),
    'routes:',
    ...names.map((name) => `  - { path: /${name}, function: ${name}x }`),
  ].join('\n');
  expect(await problemsOf(text)).toHaveLength(10_000);
});
