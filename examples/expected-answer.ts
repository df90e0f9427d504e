// What the tax examples must write to stdout, said by JavaScript's own JSON and arithmetic. For tests.

export const answerOf = (status: number, body: string): string =>
  JSON.stringify({ status, headers: { 'content-type': 'application/json' }, body });

export const refusal = (error: string): string => answerOf(400, JSON.stringify({ error }));

/** The answer to a request with this body. */
export function expectedAnswer(body: string): string {
  if (body === '') return refusal('the body is empty: send a JSON object with id and value');
  let order: unknown;
  try {
    order = JSON.parse(body);
    if (!isStrict(body)) throw new SyntaxError('half a surrogate pair, or too deep');
  } catch {
    return refusal('the body is not valid JSON of at most 32 levels');
  }
  if (typeof order !== 'object' || order === null || Array.isArray(order)) {
    return refusal('the body is not an object: send a JSON object with id and value');
  }
  const own = (name: string): unknown => Object.getOwnPropertyDescriptor(order, name)?.value;
  const [id, value] = [own('id'), own('value')];
  if (typeof id !== 'string') return refusal('id must be a string');
  if (typeof value !== 'number') return refusal('value must be a number');
  const total = value * 1.15;
  if (!Number.isFinite(total)) return refusal('value is too large: the total must be below 1.8e308');
  return answerOf(200, JSON.stringify({ order_id: id, total_final: total }));
}

/** Whether valid JSON is free of what JSON.parse lets pass and the examples do not. */
function isStrict(json: string): boolean {
  const string = /"(?:[^"\\]|\\.)*"/g;
  let depth = 0;
  let deepest = 0;
  for (const character of json.replaceAll(string, '')) {
    if ('[{'.includes(character)) deepest = Math.max(deepest, ++depth);
    if (']}'.includes(character)) depth--;
  }
  return deepest <= 32 && (json.match(string) ?? []).every(isWellFormed);
}

function isWellFormed(json: string): boolean {
  const text: string = JSON.parse(json);
  return text.isWellFormed();
}
