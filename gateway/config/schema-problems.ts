// What the schema has against a document, in our words and with places.

import { formatPath, valueAt, type Path } from './document-path.ts';
import { nearest } from './nearest.ts';
import { show, type Problem } from './problems.ts';
import { allowedKeys, configSchema, type ConfigFile } from './schema.ts';
import type { YamlDocument } from './yaml-document.ts';

type Result = ReturnType<typeof configSchema.safeParse>;
type Issue = NonNullable<Result['error']>['issues'][number];

const TYPE_NAMES: Readonly<Record<string, string>> = { object: 'a mapping', record: 'a mapping', array: 'a list' };

/** The document with defaults and units resolved (undefined if it does not conform), and every reason why not. */
export function conform(document: YamlDocument): { file: ConfigFile | undefined; problems: readonly Problem[] } {
  const result = configSchema.safeParse(document.root, { error: wordIssue });
  if (result.success) return { file: result.data, problems: [] };
  return { file: undefined, problems: result.error.issues.flatMap((issue) => toProblems(issue, document)) };
}

function wordIssue(issue: { code?: string; expected?: unknown; input?: unknown }): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  return `must be ${TYPE_NAMES[String(issue.expected)] ?? String(issue.expected)}, got ${show(issue.input)}`;
}

function toProblems(issue: Issue, document: YamlDocument): Problem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const allowed = allowedKeys(path);
    return issue.keys.map((key) => ({
      at: document.placeOfKey([...path, key]),
      message: describeUnknownKey(key, allowed),
    }));
  }
  const key = path.at(-1);
  const parent = path.slice(0, -1);
  if (key !== undefined && isMissing(document, parent, key)) {
    const where = parent.length === 0 ? '' : ` in ${formatPath(parent)}`;
    return [{ at: document.placeOf(parent), message: `missing key ${show(key)}${where}, add it` }];
  }
  return [{ at: document.placeOf(path), message: `${formatPath(path)} ${issue.message}` }];
}

function describeUnknownKey(key: string, allowed: readonly string[]): string {
  const meant = nearest(key, allowed);
  const hint = meant === undefined ? `use one of ${allowed.join(', ')}` : `did you mean ${show(meant)}?`;
  return `unknown key ${show(key)}, ${hint}`;
}

function isMissing(document: YamlDocument, parent: Path, key: PropertyKey): boolean {
  const container = valueAt(document.root, parent);
  return typeof container === 'object' && container !== null && !Object.hasOwn(container, key);
}
