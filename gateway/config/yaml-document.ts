// YAML text into plain data that remembers where everything was written. The only file that knows the YAML library.

import { isAlias, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Alias, Document, ParsedNode, YAMLError, YAMLMap, YAMLSeq } from 'yaml';

import type { Place } from './config.ts';
import type { Path } from './document-path.ts';
import { show, type Problem } from './problems.ts';

/** The values of a document: scalars, arrays, and objects without prototype. */
export interface YamlDocument {
  readonly root: unknown;
  /** Of the value at `path`; if there is none, of the innermost value on the way that exists. */
  placeOf(path: Path): Place;
  /** Of the last key of `path`. */
  placeOfKey(path: Path): Place;
}

/** Deeper nesting has no meaning in a configuration and would exhaust the stack. */
const MAX_DEPTH = 32;
/** Most values that aliases may add to a document: nested aliases multiply, and ten lines can stand for millions. */
const MAX_ALIASED_VALUES = 10_000;
/** One mistake often makes the parser report the rest of the file. */
const MAX_SYNTAX_PROBLEMS = 10;

interface Spot {
  readonly keyOffset: number;
  readonly valueOffset: number;
}
type Container = Record<PropertyKey, unknown> | unknown[];

export interface ParsedYaml {
  /** Undefined if the text is not YAML; where a value was refused, it has null. */
  readonly document: YamlDocument | undefined;
  readonly problems: readonly Problem[];
}

export function parseYaml(text: string, file: string): ParsedYaml {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const parsed = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // The library compares each key with all before it, which is quadratic; the reader below does it in linear time.
    uniqueKeys: false,
    resolveKnownTags: false,
  });
  const syntax = syntaxProblems(parsed, text, placeAt);
  if (syntax.length > 0) return { document: undefined, problems: syntax };
  if (parsed.contents === null) {
    const problem = { at: placeAt(0), message: 'the file is empty, begin it with "version: 1"' };
    return { document: undefined, problems: [problem] };
  }
  const reader = new Reader(placeAt);
  const root = reader.read(parsed.contents, 0);
  const document = new LocatedDocument(root, offsetOf(parsed.contents), reader.spots, placeAt);
  return { document, problems: reader.problems };
}

function syntaxProblems(parsed: Document.Parsed, text: string, placeAt: (offset: number) => Place): Problem[] {
  const problems = new Map<number, Problem>();
  if (parsed.directives.yaml.explicit === true && parsed.directives.yaml.version !== '1.2') {
    const message = `YAML ${parsed.directives.yaml.version} is not supported, remove the %YAML line`;
    problems.set(1, { at: placeAt(0), message });
  }
  for (const error of [...parsed.errors, ...parsed.warnings]) {
    const at = placeAt(error.pos[0]);
    if (!problems.has(at.line)) problems.set(at.line, { at, message: describeSyntaxError(error, text) });
    if (problems.size === MAX_SYNTAX_PROBLEMS) break;
  }
  return [...problems.values()];
}

const TOO_DEEP = `nested too deeply, use at most ${MAX_DEPTH} levels`;
const NO_TAGS = 'YAML tags are not supported, remove the tag';

/** Where the library's words would not say what to do. */
const SYNTAX_MESSAGES: { readonly [code in YAMLError['code']]?: string } = {
  MULTIPLE_DOCS: 'the file has more than one YAML document, keep one and remove the line "---"',
  TAG_RESOLVE_FAILED: NO_TAGS,
  RESOURCE_EXHAUSTION: TOO_DEEP,
  NON_STRING_KEY: 'a key must be a plain string, not a list, a mapping or an alias',
};

function describeSyntaxError({ code, pos, message }: YAMLError, text: string): string {
  const known = SYNTAX_MESSAGES[code];
  if (known !== undefined) return known;
  const before = pos[0] - 1;
  if (/^\]:\d/.test(text.slice(before, before + 3))) return 'an address in brackets must be in quotes: "[::1]:8080"';
  if (text.startsWith('${', before)) return 'a value with ${…} inside { } or [ ] must be in quotes';
  return `invalid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

class Reader {
  readonly problems: Problem[] = [];
  /** Where the entries of each container are written. */
  readonly spots = new Map<object, Map<PropertyKey, Spot>>();
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<string, ParsedNode>();
  /** What each alias stands for, decided where it is written: an anchor's name may be used again later. */
  readonly #targets = new Map<Alias, ParsedNode | undefined>();
  /** The collections that are being read: an alias to one of them would never end. */
  readonly #open = new Set<ParsedNode>();
  #aliasDepth = 0;
  #aliasedValues = 0;

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  read(node: ParsedNode | null, depth: number): unknown {
    if (node === null) return null;
    if (depth > MAX_DEPTH) return this.#refuse(node, TOO_DEEP);
    if (isAlias(node)) return this.#readAlias(node, depth);
    if (this.#aliasDepth > 0 && ++this.#aliasedValues > MAX_ALIASED_VALUES) return null;
    if (node.tag !== undefined) return this.#refuse(node, NO_TAGS);
    if (node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    this.#open.add(node);
    const value = isMap(node) ? this.#readMap(node, depth) : this.#readSequence(node, depth);
    this.#open.delete(node);
    return value;
  }

  #readAlias(alias: Alias.Parsed, depth: number): unknown {
    const { source } = alias;
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(source));
    const target = this.#targets.get(alias);
    if (target === undefined) {
      return this.#refuse(alias, `alias *${source} has no anchor before it, add &${source} or remove it`);
    }
    if (this.#open.has(target)) {
      return this.#refuse(alias, `alias *${source} is inside the value that it stands for, remove it`);
    }
    // Once the budget is spent, going on would take exponential time for nothing.
    if (this.#aliasedValues > MAX_ALIASED_VALUES) return null;
    this.#aliasDepth++;
    const value = this.read(target, depth);
    this.#aliasDepth--;
    if (this.#aliasDepth > 0 || this.#aliasedValues <= MAX_ALIASED_VALUES) return value;
    return this.#refuse(alias, `aliases add more than ${MAX_ALIASED_VALUES} values, write fewer of them`);
  }

  #readMap(map: YAMLMap.Parsed, depth: number): Container {
    const value: Record<string, unknown> = { __proto__: null };
    const spots = this.#spotsOf(value);
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const first = spots.get(key);
      if (key === '__proto__') {
        this.#refuse(pair.key, 'the key "__proto__" is not allowed, rename it');
      } else if (first !== undefined) {
        const { line } = this.#placeAt(first.keyOffset);
        this.#refuse(pair.key, `duplicate key ${show(key)}, first on line ${line}, remove one of them`);
      } else {
        spots.set(key, { keyOffset: offsetOf(pair.key), valueOffset: offsetOf(pair.value ?? pair.key) });
        value[key] = this.read(pair.value, depth + 1);
      }
    }
    return value;
  }

  #readSequence(sequence: YAMLSeq.Parsed, depth: number): Container {
    const value: unknown[] = [];
    const spots = this.#spotsOf(value);
    for (const [index, item] of sequence.items.entries()) {
      spots.set(index, { keyOffset: offsetOf(item), valueOffset: offsetOf(item) });
      value.push(this.read(item, depth + 1));
    }
    return value;
  }

  #spotsOf(container: Container): Map<PropertyKey, Spot> {
    const spots = new Map<PropertyKey, Spot>();
    this.spots.set(container, spots);
    return spots;
  }

  #refuse(node: ParsedNode, message: string): null {
    this.problems.push({ at: this.#placeAt(offsetOf(node)), message });
    return null;
  }
}

class LocatedDocument implements YamlDocument {
  readonly root: unknown;
  readonly #rootOffset: number;
  readonly #spots: ReadonlyMap<object, ReadonlyMap<PropertyKey, Spot>>;
  readonly #placeAt: (offset: number) => Place;

  constructor(
    root: unknown,
    rootOffset: number,
    spots: ReadonlyMap<object, ReadonlyMap<PropertyKey, Spot>>,
    placeAt: (offset: number) => Place,
  ) {
    this.root = root;
    this.#rootOffset = rootOffset;
    this.#spots = spots;
    this.#placeAt = placeAt;
  }

  placeOf(path: Path): Place {
    return this.#placeAt(this.#spotOf(path).valueOffset);
  }

  placeOfKey(path: Path): Place {
    return this.#placeAt(this.#spotOf(path).keyOffset);
  }

  #spotOf(path: Path): Spot {
    let spot: Spot = { keyOffset: this.#rootOffset, valueOffset: this.#rootOffset };
    let value = this.root;
    for (const key of path) {
      const next = typeof value === 'object' && value !== null ? this.#spots.get(value)?.get(key) : undefined;
      if (next === undefined) return spot;
      spot = next;
      value = Reflect.get(Object(value), key);
    }
    return spot;
  }
}

function offsetOf(node: { range?: readonly [number, number, number] | null }): number {
  return node.range?.[0] ?? 0;
}
