import { expect, test } from 'vitest';

import { minimal, parse, problemsOf } from './config.fixture.ts';
import { parseYaml } from './yaml-document.ts';

const FILE = 'wasmgate.yaml';

function documentOf(text: string) {
  const parsed = parseYaml(text, FILE);
  if (parsed.document === undefined) throw new Error('the text is valid YAML');
  return parsed.document;
}

test('finds the place of values and keys', () => {
  const document = documentOf('a: 1\nb:\n  - x\n  - { c: 2 }\n');
  expect(document.placeOf(['b', 1, 'c'])).toEqual({ file: FILE, line: 4, column: 10 });
  expect(document.placeOfKey(['b', 1, 'c'])).toEqual({ file: FILE, line: 4, column: 7 });
  expect(document.placeOf(['b', 1, 'missing'])).toEqual({ file: FILE, line: 4, column: 5 });
  expect(document.placeOf([])).toEqual({ file: FILE, line: 1, column: 1 });
});

test('reads aliases as what their anchor last named before them', () => {
  const { root } = documentOf('a: &x 1\nb: *x\nc: &x { y: 2 }\nd: [*x, *x]\n');
  expect(root).toEqual({ a: 1, b: 1, c: { y: 2 }, d: [{ y: 2 }, { y: 2 }] });
});

test.for([
  ['', '1:1: the file is empty, begin it with "version: 1"'],
  ['# only a comment\n', '1:1: the file is empty, begin it with "version: 1"'],
  ['---\n', '1:4: the file must be a mapping, got nothing'],
  ['just text', '1:1: the file must be a mapping, got "just text"'],
  ['- a\n', '1:1: the file must be a mapping, got a list'],
  ['version: 1\n  listen: x', '1:10: invalid YAML: nested mappings are not allowed in compact mappings'],
  ['a: [1, 2\nb: 3\n', '2:1: invalid YAML: flow sequence in block collection must be sufficiently indented'],
  ['\ta: 1', '1:1: invalid YAML: tabs are not allowed as indentation'],
  ['a: "x', '1:6: invalid YAML: missing closing "quote'],
  ['a: 1\nb: 2\na: 3\n', '3:1: duplicate key "a", first on line 1, remove one of them'],
  ['a: { b: 1, "b": 2 }\n', '1:12: duplicate key "b", first on line 1, remove one of them'],
  ['a: 1\n---\nb: 2\n', '2:1: the file has more than one YAML document'],
  ['a: !!binary aGk=\n', '1:4: YAML tags are not supported, remove the tag'],
  ['a: !!str 1\n', '1:10: YAML tags are not supported, remove the tag'],
  ['a: !secret x\n', '1:4: YAML tags are not supported, remove the tag'],
  ['a: !!set { x }\n', '1:4: YAML tags are not supported, remove the tag'],
  ['!!map { a: 1 }\n', '1:7: YAML tags are not supported, remove the tag'],
  ['%YAML 1.1\n---\na: yes\n', '1:1: YAML 1.1 is not supported, remove the %YAML line'],
  ['? [a]\n: 1\n', '1:3: a key must be a plain string'],
  ['a: &a 1\n*a : 2\n', '2:1: a key must be a plain string'],
  ['a: *nowhere\n', '1:4: alias *nowhere has no anchor before it, add &nowhere or remove it'],
  ['a: *x\nb: &x 1\n', '1:4: alias *x has no anchor before it'],
  ['__proto__: { polluted: 1 }\n', '1:1: the key "__proto__" is not allowed, rename it'],
  ['a: [{ "__proto__": 1 }]\n', '1:7: the key "__proto__" is not allowed, rename it'],
  ['{ version: 1, functions: {}, routes: [], <<: { listen: :1 } }', '1:42: unknown key "<<", use one of version'],
  ['listen: [::1]:8080\n', '1:14: an address in brackets must be in quotes: "[::1]:8080"'],
  ['env: { A: ${env:A} }\n', '1:12: a value with ${…} inside { } or [ ] must be in quotes'],
] as const)('refuses %j at its place', async ([text, problem]) => {
  const problems = await problemsOf(text);
  expect(problems.filter((line) => line.startsWith(`${FILE}:${problem}`))).toHaveLength(1);
});

test('reports refused keys and values beside everything else, and says nothing else about them', async () => {
  expect(await problemsOf(minimal('listen: !!str :80', 'log: *none', 'lisen: 1', 'version: 2'))).toEqual([
    `${FILE}:4:15: YAML tags are not supported, remove the tag`,
    `${FILE}:5:6: alias *none has no anchor before it, add &none or remove it`,
    `${FILE}:6:1: unknown key "lisen", did you mean "listen"?`,
    `${FILE}:7:1: duplicate key "version", first on line 1, remove one of them`,
  ]);
});

test('pollutes nothing', async () => {
  await problemsOf(minimal('__proto__: { polluted: 1 }', 'constructor: { prototype: { polluted: 1 } }'));
  expect({}).not.toHaveProperty('polluted');
});

test('reports the problems of several lines of broken YAML, and few for one mistake', async () => {
  const problems = await problemsOf('a: "\n'.repeat(1000));
  expect(problems).toHaveLength(10);
});

test('refuses an alias bomb without expanding it', async () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [from, to] of ['a-b', 'b-c', 'c-d', 'd-e', 'e-f', 'f-g', 'g-h', 'h-i'].map((pair) => pair.split('-'))) {
    bomb.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`);
  }
  expect(parseYaml(bomb.join('\n'), FILE).problems.slice(0, 1)).toEqual([
    { at: { file: FILE, line: 5, column: 8 }, message: 'aliases add more than 10000 values, write fewer of them' },
  ]);
  expect((await problemsOf(bomb.join('\n'))).length).toBeLessThan(100);
});

test('refuses aliases to the value that they are in, each once', async () => {
  const message = 'alias *a is inside the value that it stands for, remove it';
  const { problems } = parseYaml('a: &a [*a, { b: *a }]\nc: [*a, *a]', FILE);
  expect(new Set(problems.map(({ at }) => at.column))).toEqual(new Set([8, 17]));
  expect(new Set(problems.map((problem) => problem.message))).toEqual(new Set([message]));
});

test.for(['['.repeat(20_000), '{a: '.repeat(20_000), '- '.repeat(20_000) + 'a', '['.repeat(200) + ']'.repeat(200)])(
  'refuses nesting that is too deep (%#)',
  async (text) => {
    const problems = await problemsOf(text);
    expect(problems.join('\n')).toContain('nested too deeply, use at most 32 levels');
  },
);

test.for([
  ['a byte order mark', `\uFEFF${minimal()}`],
  ['CRLF line ends', minimal().replaceAll('\n', '\r\n')],
] as const)('accepts %s', async ([, text]) => {
  expect((await parse(text)).routes[0]?.at.line).toBe(3);
  expect((await parse(Buffer.from(text))).routes[0]?.at.line).toBe(3);
});

test('counts lines and columns after a byte order mark and CRLF as editors do', async () => {
  expect(await problemsOf('\uFEFFlisten: 1\r\nversion: 3\r\nfunctions: {}\r\nroutes: []')).toEqual([
    expect.stringMatching(/^wasmgate\.yaml:1:9: /),
    expect.stringMatching(/^wasmgate\.yaml:2:10: /),
  ]);
});

test.for([
  ['UTF-16 little endian', Buffer.from(`\uFEFF${minimal()}`, 'utf16le')],
  ['UTF-16 without a mark', Buffer.from(minimal(), 'utf16le')],
  ['UTF-16 big endian', Buffer.from(`\uFEFF${minimal()}`, 'utf16le').swap16()],
  ['Latin-1', Buffer.from(minimal('# caf\u00e9'), 'latin1')],
] as const)('refuses %s', async ([, bytes]) => {
  expect(await problemsOf(bytes)).toEqual(['wasmgate.yaml: is not UTF-8 text, save it as UTF-8']);
});
