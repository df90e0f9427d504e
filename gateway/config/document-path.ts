// Paths into plain data: the keys and indexes from the root to a value.

export type Path = readonly PropertyKey[];

/** The value at `path`, or undefined if nothing is written there; inherited properties are not values. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** `routes[2].path`; `the file` for the whole. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the file';
  const parts = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return parts.join('').replace(/^\./, '');
}
