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
    if (!isStrict(body)) throw new SyntaxError('half a surrogate pair, too deep, or too long a number');
  } catch {
    return refusal('the body is not valid JSON, or past its limits: 32 levels, 1000 characters a number');
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
  const rest = json.replaceAll(string, '');
  for (const character of rest) {
    if ('[{'.includes(character)) deepest = Math.max(deepest, ++depth);
    if (']}'.includes(character)) depth--;
  }
  return deepest <= 32 && !/[-+.\deE]{1001}/.test(rest) && (json.match(string) ?? []).every(isWellFormed);
}

function isWellFormed(json: string): boolean {
  const text: string = JSON.parse(json);
  return text.isWellFormed();
}
