// The quickstart's work as a reactor: one instance answers one request after the other, so it needs a garbage collector
// (the incremental runtime), which the quickstart does not.

import { quote, readObject, Member, Status, Type } from '../../../examples/quickstart/assembly/json';
import { formatNumber } from '../../../examples/quickstart/assembly/number';
import { readText } from '../../../examples/quickstart/assembly/stdin';

function answerTo(event: string): string {
  const body = new Member('body');
  if (readObject(event, [body]) != Status.Ok || body.type != Type.String) return '{"status":400}';
  const id = new Member('id');
  const value = new Member('value');
  const status = readObject(body.string, [id, value]);
  if (status != Status.Ok || id.type != Type.String || value.type != Type.Number) return '{"status":400}';
  const answer = '{"order_id":' + quote(id.string) + ',"total_final":' + formatNumber(value.number * 1.15) + '}';
  return '{"status":200,"headers":{"content-type":"application/json"},"body":' + quote(answer) + '}';
}

export function handle(): void {
  process.stdout.write(answerTo(readText()));
}
