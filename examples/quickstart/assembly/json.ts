// A JSON (RFC 8259) reader and writer, as small as a function needs: it picks named members out of one object, and
// checks and skips everything else. Numbers are read and written exactly as JavaScript does (number.ts).

import { parseNumber } from './number';

export enum Type {
  Absent,
  String,
  Number,
  Other,
}

export class Member {
  type: Type = Type.Absent;
  /** For Type.String, with escapes decoded. */
  string: string = '';
  /** For Type.Number; infinite if it is beyond a double's range. */
  number: f64 = 0;

  constructor(public name: string) {}
}

export enum Status {
  Ok,
  Invalid,
  NotObject,
}

/** Arrays and objects within each other; deeper text is invalid, so that it cannot overflow the stack. */
const MAX_DEPTH = 32;

/**
 * Reads `text` as one object and fills in the `wanted` members. Of a name that occurs twice the last wins, as in
 * JavaScript. Half a surrogate pair is invalid: no UTF-8 can say it.
 */
export function readObject(text: string, wanted: Member[]): Status {
  const reader = new Reader(text);
  reader.skipSpace();
  const isObject = reader.peek() == c('{');
  const isValid = isObject ? reader.object(1, wanted) : reader.value(0, new Member(''));
  reader.skipSpace();
  if (!isValid || reader.at != text.length) return Status.Invalid;
  return isObject ? Status.Ok : Status.NotObject;
}

/** The code of a one-character literal, known when compiling. */
// @ts-ignore: decorator
@inline
function c(character: string): i32 {
  return load<u16>(changetype<usize>(character));
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
/** What `peek` gives behind the end. */
const END = -1;

/** Every method that returns a bool says whether the text went on as JSON does. */
class Reader {
  at: i32 = 0;
  private skipped: Member = new Member('');

  constructor(private text: string) {}

  peek(): i32 {
    return this.text.charCodeAt(this.at);
  }

  skipSpace(): void {
    let next = this.peek();
    while (next == 0x20 || next == 0x09 || next == 0x0a || next == 0x0d) {
      this.at++;
      next = this.peek();
    }
  }

  private take(character: i32): bool {
    if (this.peek() != character) return false;
    this.at++;
    return true;
  }

  private takeWord(word: string): bool {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private takeDigits(): bool {
    const start = this.at;
    while (isDigit(this.peek())) this.at++;
    return this.at > start;
  }

  value(depth: i32, into: Member): bool {
    this.skipSpace();
    into.type = Type.Other;
    const next = this.peek();
    if (next == c('{')) return this.object(depth + 1, []);
    if (next == c('[')) return this.array(depth + 1);
    if (next == c('t')) return this.takeWord('true');
    if (next == c('f')) return this.takeWord('false');
    if (next == c('n')) return this.takeWord('null');
    return next == QUOTE ? this.string(into) : this.number(into);
  }

  object(depth: i32, wanted: Member[]): bool {
    if (depth > MAX_DEPTH || !this.take(c('{'))) return false;
    this.skipSpace();
    if (this.take(c('}'))) return true;
    const name = new Member('');
    do {
      this.skipSpace();
      if (!this.string(name)) return false;
      this.skipSpace();
      if (!this.take(c(':')) || !this.value(depth, this.find(name.string, wanted))) return false;
      this.skipSpace();
    } while (this.take(c(',')));
    return this.take(c('}'));
  }

  private find(name: string, wanted: Member[]): Member {
    for (let i = 0; i < wanted.length; i++) {
      if (wanted[i].name == name) return wanted[i];
    }
    return this.skipped;
  }

  private array(depth: i32): bool {
    if (depth > MAX_DEPTH || !this.take(c('['))) return false;
    this.skipSpace();
    if (this.take(c(']'))) return true;
    do {
      if (!this.value(depth, this.skipped)) return false;
      this.skipSpace();
    } while (this.take(c(',')));
    return this.take(c(']'));
  }

  private number(into: Member): bool {
    const start = this.at;
    this.take(c('-'));
    // After a leading zero no digit may follow: 01 is not JSON.
    if (!this.take(c('0')) && !this.takeDigits()) return false;
    if (this.take(c('.')) && !this.takeDigits()) return false;
    if (this.take(c('e')) || this.take(c('E'))) {
      if (!this.take(c('+'))) this.take(c('-'));
      if (!this.takeDigits()) return false;
    }
    into.type = Type.Number;
    into.number = parseNumber(this.text.substring(start, this.at));
    return true;
  }

  private string(into: Member): bool {
    if (!this.take(QUOTE)) return false;
    const start = this.at;
    let end = start;
    while (this.text.charCodeAt(end) != QUOTE) {
      if (end >= this.text.length) return false;
      end += this.text.charCodeAt(end) == BACKSLASH ? 2 : 1;
    }
    // Decoding never makes a string longer.
    const units = new StaticArray<u16>(end - start);
    let length = 0;
    while (this.at < end) {
      let unit = this.peek();
      this.at++;
      if (unit < 0x20) return false;
      if (unit == BACKSLASH) {
        unit = this.escape();
        if (unit == END) return false;
        if (unit >= 0xd800 && unit <= 0xdfff) {
          const low = unit <= 0xdbff && this.takeWord('\\u') ? this.hex4() : END;
          if (low < 0xdc00 || low > 0xdfff) return false;
          units[length++] = <u16>unit;
          unit = low;
        }
      }
      units[length++] = <u16>unit;
    }
    into.type = Type.String;
    into.string = String.UTF16.decodeUnsafe(changetype<usize>(units), <usize>length << 1);
    return this.take(QUOTE);
  }

  /** The UTF-16 code unit that the escape behind a backslash stands for, or END. */
  private escape(): i32 {
    const letter = this.peek();
    this.at++;
    if (letter == QUOTE || letter == BACKSLASH || letter == c('/')) return letter;
    if (letter == c('b')) return 0x08;
    if (letter == c('f')) return 0x0c;
    if (letter == c('n')) return 0x0a;
    if (letter == c('r')) return 0x0d;
    if (letter == c('t')) return 0x09;
    return letter == c('u') ? this.hex4() : END;
  }

  private hex4(): i32 {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const digit = this.peek();
      const letter = digit | 0x20;
      if (isDigit(digit)) unit = unit * 16 + digit - c('0');
      else if (letter >= c('a') && letter <= c('f')) unit = unit * 16 + letter - c('a') + 10;
      else return END;
      this.at++;
    }
    return unit;
  }
}

function isDigit(character: i32): bool {
  return character >= c('0') && character <= c('9');
}

/** `text` in quotes, with the escapes of JSON.stringify. */
export function quote(text: string): string {
  // The longest escape has six units.
  const units = new StaticArray<u16>(6 * text.length + 2);
  let length = 0;
  units[length++] = <u16>QUOTE;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit != QUOTE && unit != BACKSLASH) {
      units[length++] = <u16>unit;
      continue;
    }
    const escape = escapeOf(unit);
    for (let j = 0; j < escape.length; j++) units[length++] = <u16>escape.charCodeAt(j);
  }
  units[length++] = <u16>QUOTE;
  return String.UTF16.decodeUnsafe(changetype<usize>(units), <usize>length << 1);
}

function escapeOf(unit: i32): string {
  switch (unit) {
    case QUOTE:
      return '\\"';
    case BACKSLASH:
      return '\\\\';
    case 0x08:
      return '\\b';
    case 0x09:
      return '\\t';
    case 0x0a:
      return '\\n';
    case 0x0c:
      return '\\f';
    case 0x0d:
      return '\\r';
    default:
      return '\\u' + unit.toString(16).padStart(4, '0');
  }
}
