import { expect, test } from 'vitest';

import { minimal, parse, problemsOf, type Machine } from './config.fixture.ts';

/** The variable X of a function whose config says `X: <text>`. */
async function valueOf(text: string, machine: Machine): Promise<string | undefined> {
  const config = await parse(
    `version: 1\nfunctions:\n  f:\n    module: f.wasm\n    env:\n      X: ${text}\nroutes: []\n`,
    machine,
  );
  return config.functions.get('f')?.env['X'];
}

test.for([
  ['${env:A}', 'one'],
  ['"${env:A}"', 'one'],
  ['pre-${env:A}-${env:B}-post', 'pre-one-two-post'],
  ['${file:secret.txt}', 's3cret'],
  ['"${file:crlf.txt}"', 'line'],
  ['${file:two.txt}', 'a\n'],
  ['$${env:A}', '${env:A}'],
  ['$${${env:A}}', '${one}'],
  ['$5 and $$', '$5 and $$'],
  ['${env:EMPTY}', ''],
  ['${env:NUMBER}', '0.150'],
  ['${env:YAML}', '{ a: 1 }\nb: *c'],
  ['${env:NESTED}', '${env:A}'],
] as const)('replaces %s by %j', async ([text, value]) => {
  const machine = {
    variables: { A: 'one', B: 'two', EMPTY: '', NUMBER: '0.150', YAML: '{ a: 1 }\nb: *c', NESTED: '${env:A}' },
    files: { 'secret.txt': 's3cret\n', 'crlf.txt': 'line\r\n', 'two.txt': 'a\n\n' },
  };
  expect(await valueOf(text, machine)).toBe(value);
});

test('interprets a substituted value as its key needs it', async () => {
  const lines = [
    'listen: ${env:LISTEN}',
    'pool: { threads: "${env:THREADS}" }',
    'http: { body: "${env:BODY}", idleTimeout: "${env:SECONDS}s" }',
    'log: { level: "${env:LEVEL}", access: "${env:ACCESS}" }',
  ];
  const variables = { LISTEN: '[::1]:0', THREADS: '3', BODY: '2MiB', SECONDS: '7', LEVEL: 'warn', ACCESS: 'false' };
  expect(await parse(minimal(...lines), { variables })).toMatchObject({
    listen: { host: '::1', port: 0 },
    pool: { threads: 3 },
    http: { bodyBytes: 2 * 1024 ** 2, idleTimeoutMs: 7000 },
    log: { level: 'warn', access: false },
  });
});

test.for([
  ['${env:NOPE}', 'environment variable "NOPE" is not set, set it'],
  ['${env:toString}', 'environment variable "toString" is not set, set it'],
  ['${file:nope.txt}', 'file "nope.txt" does not exist, check the path'],
  ['${HOME}', 'unknown substitution "${HOME}", use ${env:NAME} or ${file:PATH}, or $${ for a literal ${'],
  ['${env:}', 'unknown substitution "${env:}"'],
  ['"${env:A"', 'unknown substitution "${env:A"'],
] as const)('refuses %s at its place and says nothing else about the value', async ([text, message]) => {
  expect(await problemsOf(minimal(`log:\n  level: ${text}`))).toEqual([
    expect.stringMatching(/^wasmgate\.yaml:5:10: /),
  ]);
  expect(await problemsOf(minimal(`log:\n  level: ${text}`))).toEqual([expect.stringContaining(message)]);
});

test('replaces nothing in keys', async () => {
  expect(await problemsOf(minimal('"${env:KEY}": 1'), { variables: { KEY: 'listen' } })).toEqual([
    expect.stringContaining('unknown key "${env:KEY}"'),
  ]);
});

test('does not let a value become structure', async () => {
  const problems = await problemsOf(minimal('pool: "${env:POOL}"'), { variables: { POOL: '{ threads: 1 }' } });
  expect(problems).toEqual(['wasmgate.yaml:4:7: pool must be a mapping, got "{ threads: 1 }"']);
});

test('checks a value after its substitution', async () => {
  const problems = await problemsOf(minimal('shutdown: { drain: "${env:DRAIN}" }'), { variables: { DRAIN: '1e99' } });
  expect(problems).toEqual([expect.stringContaining('shutdown.drain must be a time')]);
});
