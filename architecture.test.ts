import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = import.meta.dirname;
const LAYERS = ['runtime', 'host-functions', 'gateway'] as const;

interface Import {
  readonly file: string;
  /** Path from the root for a file of the project, else the name of the package. */
  readonly target: string;
}

function sourceFiles(): string[] {
  const isSource = (file: string): boolean => !/\.test\.ts$|\/test(ing|data|-)/.test(file);
  return globSync(`{${LAYERS.join(',')}}/**/*.ts`, { cwd: root }).filter(isSource);
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const specifiers = [
    ...source.matchAll(/^(?:(?:import|export)\b[^;]*?from |import )'([^']+)'|\bimport\('([^']+)'\)/gms),
  ].map(([, first, second]) => (first ?? second)!);
  return specifiers.map((specifier) => {
    if (specifier.startsWith('.')) return { file, target: relative(root, join(root, dirname(file), specifier)) };
    return { file, target: specifier };
  });
}

const imports = sourceFiles().flatMap(importsOf);

test('imports point from gateway to host-functions to runtime and never back', () => {
  const layerOf = (path: string): number => LAYERS.findIndex((layer) => path.startsWith(`${layer}/`));
  const upwards = imports.filter(({ file, target }) => layerOf(target) > layerOf(file));
  expect(imports.length).toBeGreaterThan(100);
  expect(upwards).toEqual([]);
});

test('instrumentation is pure: it imports nothing of Node and nothing of the runtime but its errors', () => {
  const others = imports.filter(({ file, target }) => {
    return file.startsWith('runtime/instrument/') && !/^runtime\/(instrument\/|errors\.ts$)/.test(target);
  });
  expect(others).toEqual([]);
});

test('each package has one importing file', () => {
  const packages = imports.filter(
    ({ target }) => !/^node:|^(runtime|host-functions|gateway|guest-sdk)\/|^package\.json$/.test(target),
  );
  const files = Map.groupBy(packages, ({ target }) => target);
  const shared = [...files].filter(([, importers]) => new Set(importers.map(({ file }) => file)).size > 1);
  // The commands of the command line are a file each, and each declares its options.
  expect(shared.map(([name]) => name).filter((name) => !['commander', 'zod'].includes(name))).toEqual([]);
});
