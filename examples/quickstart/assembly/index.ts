// Computes an order's total with 15 % tax: {"id":"A1","value":100} becomes
// {"order_id":"A1","total_final":114.99999999999999}. One instance serves one request: stdin is the event, stdout the
// answer, and memory goes with the instance, so nothing is ever freed (the stub runtime).

import { readText } from './stdin';
import { Member, Status, Type, quote, readObject } from './json';
import { formatNumber } from './number';

class Answer {
  constructor(
    public status: i32,
    public body: string,
  ) {}
}

function refuse(error: string): Answer {
  return new Answer(400, '{"error":' + quote(error) + '}');
}

function computeTax(body: Member, encoding: Member): Answer {
  if (encoding.type == Type.String && encoding.string == 'base64') return refuse('the body is not UTF-8: send JSON');
  if (body.type != Type.String || body.string.length == 0) {
    return refuse('the body is empty: send a JSON object with id and value');
  }
  const id = new Member('id');
  const value = new Member('value');
  const status = readObject(body.string, [id, value]);
  if (status == Status.Invalid)
    return refuse('the body is not valid JSON, or past its limits: 32 levels, 1000 characters a number');
  if (status == Status.NotObject) return refuse('the body is not an object: send a JSON object with id and value');
  if (id.type != Type.String) return refuse('id must be a string');
  if (value.type != Type.Number) return refuse('value must be a number');
  const total = value.number * 1.15;
  if (!isFinite(total)) return refuse('value is too large: the total must be below 1.8e308');
  return new Answer(200, '{"order_id":' + quote(id.string) + ',"total_final":' + formatNumber(total) + '}');
}

const body = new Member('body');
const encoding = new Member('encoding');
if (readObject(readText(), [body, encoding]) != Status.Ok) {
  process.stderr.write('stdin is not an event of contract version 1\n');
  process.exit(1);
}
const answer = computeTax(body, encoding);
const headers = '{"content-type":"application/json"}';
process.stdout.write(
  '{"status":' + answer.status.toString() + ',"headers":' + headers + ',"body":' + quote(answer.body) + '}',
);
