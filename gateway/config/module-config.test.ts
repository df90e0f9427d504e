import path from 'node:path';

import { expect, test } from 'vitest';

import { configForModule } from './module-config.ts';
import { testEnvironment } from './config.fixture.ts';

test('serves one module on every path with the defaults of a file', () => {
  const config = configForModule({ modulePath: 'build/tax.wasm' }, testEnvironment({ cores: 2 }));
  expect(config).toMatchObject({
    file: null,
    listen: { host: '127.0.0.1', port: 8080 },
    admin: null,
    pool: { threads: 1 },
    routes: [{ path: '/*', methods: null, host: null, functionName: 'tax' }],
  });
  expect(config.functions.get('tax')).toMatchObject({
    modulePath: path.resolve('build/tax.wasm'),
    contract: 'json',
    limits: { wallMs: 1000, memoryBytes: 64 * 1024 ** 2 },
    at: { file: 'command line', line: 0, column: 0 },
  });
});

test('takes every option', () => {
  const options = {
    modulePath: 'tax.wasm',
    listen: ':0',
    adminListen: '127.0.0.1:0',
    contract: 'gojinn',
    limits: { wall: '2s', memory: '1MiB', output: '1KiB' },
    env: { RATE: '${env:NOT_REPLACED}', constructor: 'x' },
    threads: '2',
    logLevel: 'warn',
    accessLog: false,
  };
  const config = configForModule(options, testEnvironment());
  expect(config).toMatchObject({
    listen: { host: null, port: 0 },
    admin: { listen: { host: '127.0.0.1', port: 0 } },
    pool: { threads: 2 },
    log: { level: 'warn', access: false },
  });
  expect(config.functions.get('tax')).toMatchObject({
    contract: 'gojinn',
    limits: { wallMs: 2000, memoryBytes: 1024 ** 2, outputBytes: 1024 },
    env: options.env,
  });
});

test('refuses wrong options all at once', () => {
  const options = {
    modulePath: 'tax.wasm',
    listen: 'nowhere',
    limits: { wall: '1', memory: '100KiB' },
    logLevel: 'loud',
  };
  expect(() => configForModule(options, testEnvironment())).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG',
      problems: [
        { at: expect.anything(), message: expect.stringContaining('listen must be host:port') },
        { at: expect.anything(), message: expect.stringContaining('log.level must be one of') },
        { at: expect.anything(), message: expect.stringContaining('functions.tax.limits.wall must be a time') },
        { at: expect.anything(), message: expect.stringContaining('functions.tax.limits.memory must be a multiple') },
      ],
    }),
  );
});

test.for([
  ['Hello World.v2.wasm', 'hello-world-v2'],
  ['42.wasm', 'main'],
  ['.wasm', 'wasm'],
  ['__proto__.wasm', 'proto__'],
  [`${'a'.repeat(100)}.wasm`, 'a'.repeat(63)],
] as const)('names the function of %s %s', ([modulePath, name]) => {
  expect([...configForModule({ modulePath }, testEnvironment()).functions.keys()]).toEqual([name]);
});
