import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { allowedKeys, jsonSchemaText } from './schema.ts';
import { FULL_CONFIG, minimal, parse } from './config.fixture.ts';
import { parseYaml } from './yaml-document.ts';

interface SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly items?: SchemaNode;
}

async function published(): Promise<string> {
  return readFile(new URL('wasmgate.schema.json', import.meta.url), 'utf8');
}

/** What an editor does with the published schema. */
async function isAcceptedByEditors(text: string): Promise<boolean> {
  return z.fromJSONSchema(JSON.parse(await published())).safeParse(dataOf(text)).success;
}

/** The text as plain JSON, which is what an editor checks. */
function dataOf(text: string): unknown {
  const yaml = parseYaml(text, 'wasmgate.yaml');
  if (yaml.document === undefined) throw new Error('the text is valid YAML');
  return JSON.parse(JSON.stringify(yaml.document.root));
}

test('is published as it is, see write-schema.ts', async () => {
  expect(await published()).toBe(jsonSchemaText());
});

test('describes every key', async () => {
  const undescribed: string[] = [];
  const visit = (node: SchemaNode, name: string): void => {
    if (node.description === undefined) undescribed.push(name);
    for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, `${name}.${key}`);
    for (const child of [node.additionalProperties, node.items]) {
      for (const [key, grandchild] of Object.entries((child || {}).properties ?? {}))
        visit(grandchild, `${name}[].${key}`);
    }
  };
  const schema: SchemaNode = JSON.parse(await published());
  visit(schema, '$');
  expect(undescribed).toEqual([]);
});

test.for([
  minimal(),
  FULL_CONFIG,
  minimal('listen: ":0"', 'admin: { listen: "[::1]:0" }', 'http: { body: 1024, headerCount: 5, idleTimeout: 1m }'),
  minimal('log: { level: silent, access: false }', 'pool: { threads: 2, queue: 9 }', 'shutdown: { drain: 24h }'),
  'version: 1\nfunctions: { f: { module: f.wasm, contract: gojinn, env: { A: "1" }, limits: { memory: 65536 } } }\nroutes: []',
  minimal().replace('function: tax }', 'function: tax, methods: [GET, M-SEARCH], host: "*.a.example", body: 1KB }'),
])('accepts what the loader accepts (%#)', async (text) => {
  expect(await isAcceptedByEditors(text)).toBe(true);
  await expect(parse(text)).resolves.toBeDefined();
});

test('accepts a substitution for every kind of value', async () => {
  const text = minimal(
    'listen: "${env:A}"',
    'http: { body: "${env:A}", headerCount: "${file:b}", idleTimeout: "${env:A}s" }',
    'log: { level: "${env:A}", access: "${env:A}" }',
  );
  expect(await isAcceptedByEditors(text)).toBe(true);
});

test.for([
  minimal('timout: 1'),
  minimal('listen: here'),
  minimal('http: { idleTimeout: 5 }'),
  minimal('http: { headerCount: 0 }'),
  minimal('log: { level: loud }'),
  'version: 2\nfunctions: {}\nroutes: []',
  'version: 1\nfunctions: { Tax: { module: a.wasm } }\nroutes: []',
  'version: 1\nfunctions: {}\nroutes: [{ path: a, function: f }]',
])('refuses in an editor what the loader refuses (%#)', async (text) => {
  expect(await isAcceptedByEditors(text)).toBe(false);
});

test('knows the keys of every section', () => {
  expect(allowedKeys(['functions', 'any', 'limits'])).toContain('tableEntries');
  expect(allowedKeys(['routes', 3])).toEqual(['path', 'methods', 'host', 'function', 'body']);
  expect(allowedKeys(['admin'])).toEqual(['listen']);
});
