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
  /** For Type.String, with escapes decoded; for Type.Number as it was written. */
  string: string = '';

  constructor(public name: string) {}

  /** For Type.Number; infinite if it is beyond a double's range. */
  get number(): f64 {
    return parseNumber(this.string);
  }
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
  const isValid = isObject ? reader.object(1, wanted) : reader.value(0, null);
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

const NONE: Member[] = [];
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
/** What `peek` gives behind the end. */
const END = -1;

/**
 * Every method that returns a bool says whether the text went on as JSON does. What nobody wants allocates nothing:
 * memory is never freed, and a hostile body has room for a hundred thousand members.
 */
class Reader {
  at: i32 = 0;
  /** The last string read: the first `length` of `units`. Decoding never makes a string longer. */
  private units: StaticArray<u16>;
  private length: i32 = 0;

  constructor(private text: string) {
    this.units = new StaticArray<u16>(text.length);
  }

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

  value(depth: i32, into: Member | null): bool {
    this.skipSpace();
    const next = this.peek();
    if (next == QUOTE) return this.stringValue(into);
    if (next == c('-') || isDigit(next)) return this.numberValue(into);
    if (into) into.type = Type.Other;
    if (next == c('{')) return this.object(depth + 1, NONE);
    if (next == c('[')) return this.array(depth + 1);
    if (next == c('t')) return this.takeWord('true');
    if (next == c('f')) return this.takeWord('false');
    return this.takeWord('null');
  }

  private stringValue(into: Member | null): bool {
    if (!this.string()) return false;
    if (into) {
      into.type = Type.String;
      into.string = String.UTF16.decodeUnsafe(changetype<usize>(this.units), <usize>this.length << 1);
    }
    return true;
  }

  private numberValue(into: Member | null): bool {
    const start = this.at;
    if (!this.number()) return false;
    if (into) {
      into.type = Type.Number;
      into.string = this.text.substring(start, this.at);
    }
    return true;
  }

  object(depth: i32, wanted: Member[]): bool {
    if (depth > MAX_DEPTH || !this.take(c('{'))) return false;
    this.skipSpace();
    if (this.take(c('}'))) return true;
    do {
      this.skipSpace();
      if (!this.string()) return false;
      const member = this.find(wanted);
      this.skipSpace();
      if (!this.take(c(':')) || !this.value(depth, member)) return false;
      this.skipSpace();
    } while (this.take(c(',')));
    return this.take(c('}'));
  }

  /** The one of `wanted` whose name was read last. */
  private find(wanted: Member[]): Member | null {
    for (let i = 0; i < wanted.length; i++) {
      const name = wanted[i].name;
      const size = <usize>this.length << 1;
      if (name.length != this.length) continue;
      if (memory.compare(changetype<usize>(name), changetype<usize>(this.units), size) == 0) return wanted[i];
    }
    return null;
  }

  private array(depth: i32): bool {
    if (depth > MAX_DEPTH || !this.take(c('['))) return false;
    this.skipSpace();
    if (this.take(c(']'))) return true;
    do {
      if (!this.value(depth, null)) return false;
      this.skipSpace();
    } while (this.take(c(',')));
    return this.take(c(']'));
  }

  private number(): bool {
    this.take(c('-'));
    // After a leading zero no digit may follow: 01 is not JSON.
    if (!this.take(c('0')) && !this.takeDigits()) return false;
    if (this.take(c('.')) && !this.takeDigits()) return false;
    if (this.take(c('e')) || this.take(c('E'))) {
      if (!this.take(c('+'))) this.take(c('-'));
      return this.takeDigits();
    }
    return true;
  }

  private string(): bool {
    if (!this.take(QUOTE)) return false;
    this.length = 0;
    while (!this.take(QUOTE)) {
      let unit = this.peek();
      // A control character, or the end.
      if (unit < 0x20) return false;
      this.at++;
      if (unit == BACKSLASH) {
        unit = this.escape();
        if (unit == END) return false;
        if (unit >= 0xd800 && unit <= 0xdfff) {
          const low = unit <= 0xdbff && this.takeWord('\\u') ? this.hex4() : END;
          if (low < 0xdc00 || low > 0xdfff) return false;
          this.append(unit);
          unit = low;
        }
      }
      this.append(unit);
    }
    return true;
  }

  private append(unit: i32): void {
    this.units[this.length++] = <u16>unit;
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
  let size = 2;
  for (let i = 0; i < text.length; i++) size += needsEscape(text.charCodeAt(i)) ? escapeOf(text.charCodeAt(i)).length : 1;
  const units = new StaticArray<u16>(size);
  let length = 0;
  units[length++] = <u16>QUOTE;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (needsEscape(unit)) {
      const escape = escapeOf(unit);
      for (let j = 0; j < escape.length; j++) units[length++] = <u16>escape.charCodeAt(j);
    } else {
      units[length++] = <u16>unit;
    }
  }
  units[length++] = <u16>QUOTE;
  return String.UTF16.decodeUnsafe(changetype<usize>(units), <usize>length << 1);
}

function needsEscape(unit: i32): bool {
  return unit < 0x20 || unit == QUOTE || unit == BACKSLASH;
}

// prettier-ignore
const CONTROL_ESCAPES: StaticArray<string> = [
  '\\u0000', '\\u0001', '\\u0002', '\\u0003', '\\u0004', '\\u0005', '\\u0006', '\\u0007',
  '\\u0008', '\\u0009', '\\u000a', '\\u000b', '\\u000c', '\\u000d', '\\u000e', '\\u000f',
  '\\u0010', '\\u0011', '\\u0012', '\\u0013', '\\u0014', '\\u0015', '\\u0016', '\\u0017',
  '\\u0018', '\\u0019', '\\u001a', '\\u001b', '\\u001c', '\\u001d', '\\u001e', '\\u001f',
];

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
      return CONTROL_ESCAPES[unit];
  }
}
