// A JSON (RFC 8259) reader and writer, as small as a function needs: it picks named members out of one object, and
// checks and skips everything else. Numbers are read and written exactly as JavaScript does (number.ts).

import { MAX_NUMBER, parseNumber } from './number';

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
  const isObject = reader.peek() == Char.BraceOpen;
  const isValid = isObject ? reader.object(1, wanted) : reader.value(0, null);
  reader.skipSpace();
  if (!isValid || reader.at != text.length) return Status.Invalid;
  return isObject ? Status.Ok : Status.NotObject;
}

enum Char {
  Backspace = 0x08,
  Tab = 0x09,
  LineFeed = 0x0a,
  FormFeed = 0x0c,
  Return = 0x0d,
  Space = 0x20,
  Quote = 0x22,
  Plus = 0x2b,
  Comma = 0x2c,
  Minus = 0x2d,
  Point = 0x2e,
  Slash = 0x2f,
  Zero = 0x30,
  Nine = 0x39,
  Colon = 0x3a,
  UpperE = 0x45,
  BracketOpen = 0x5b,
  Backslash = 0x5c,
  BracketClose = 0x5d,
  LowerA = 0x61,
  LowerB = 0x62,
  LowerE = 0x65,
  LowerF = 0x66,
  LowerN = 0x6e,
  LowerR = 0x72,
  LowerT = 0x74,
  LowerU = 0x75,
  BraceOpen = 0x7b,
  BraceClose = 0x7d,
}

const NONE: Member[] = [];
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
    while (next == Char.Space || next == Char.Tab || next == Char.LineFeed || next == Char.Return) {
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
    if (next == Char.Quote) return this.stringValue(into);
    if (next == Char.Minus || isDigit(next)) return this.numberValue(into);
    if (into) into.type = Type.Other;
    if (next == Char.BraceOpen) return this.object(depth + 1, NONE);
    if (next == Char.BracketOpen) return this.array(depth + 1);
    if (next == Char.LowerT) return this.takeWord('true');
    if (next == Char.LowerF) return this.takeWord('false');
    return this.takeWord('null');
  }

  private stringValue(into: Member | null): bool {
    if (!this.string()) return false;
    if (into) {
      into.type = Type.String;
      into.string = String.UTF16.decodeUnsafe(changetype<usize>(this.units), (<usize>this.length) << 1);
    }
    return true;
  }

  private numberValue(into: Member | null): bool {
    const start = this.at;
    if (!this.number() || this.at - start > MAX_NUMBER) return false;
    if (into) {
      into.type = Type.Number;
      into.string = this.text.substring(start, this.at);
    }
    return true;
  }

  object(depth: i32, wanted: Member[]): bool {
    if (depth > MAX_DEPTH || !this.take(Char.BraceOpen)) return false;
    this.skipSpace();
    if (this.take(Char.BraceClose)) return true;
    do {
      this.skipSpace();
      if (!this.string()) return false;
      const member = this.find(wanted);
      this.skipSpace();
      if (!this.take(Char.Colon) || !this.value(depth, member)) return false;
      this.skipSpace();
    } while (this.take(Char.Comma));
    return this.take(Char.BraceClose);
  }

  /** The one of `wanted` whose name was read last. */
  private find(wanted: Member[]): Member | null {
    for (let i = 0; i < wanted.length; i++) {
      const name = wanted[i].name;
      const size = (<usize>this.length) << 1;
      if (name.length != this.length) continue;
      if (memory.compare(changetype<usize>(name), changetype<usize>(this.units), size) == 0) return wanted[i];
    }
    return null;
  }

  private array(depth: i32): bool {
    if (depth > MAX_DEPTH || !this.take(Char.BracketOpen)) return false;
    this.skipSpace();
    if (this.take(Char.BracketClose)) return true;
    do {
      if (!this.value(depth, null)) return false;
      this.skipSpace();
    } while (this.take(Char.Comma));
    return this.take(Char.BracketClose);
  }

  private number(): bool {
    this.take(Char.Minus);
    // After a leading zero no digit may follow: 01 is not JSON.
    if (!this.take(Char.Zero) && !this.takeDigits()) return false;
    if (this.take(Char.Point) && !this.takeDigits()) return false;
    if (this.take(Char.LowerE) || this.take(Char.UpperE)) {
      if (!this.take(Char.Plus)) this.take(Char.Minus);
      return this.takeDigits();
    }
    return true;
  }

  private string(): bool {
    if (!this.take(Char.Quote)) return false;
    this.length = 0;
    while (!this.take(Char.Quote)) {
      let unit = this.peek();
      // A control character, or the end.
      if (unit < Char.Space) return false;
      this.at++;
      if (unit == Char.Backslash) {
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
    if (letter == Char.Quote || letter == Char.Backslash || letter == Char.Slash) return letter;
    if (letter == Char.LowerB) return Char.Backspace;
    if (letter == Char.LowerF) return Char.FormFeed;
    if (letter == Char.LowerN) return Char.LineFeed;
    if (letter == Char.LowerR) return Char.Return;
    if (letter == Char.LowerT) return Char.Tab;
    return letter == Char.LowerU ? this.hex4() : END;
  }

  private hex4(): i32 {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const digit = this.peek();
      const letter = digit | 0x20;
      if (isDigit(digit)) unit = unit * 16 + digit - Char.Zero;
      else if (letter >= Char.LowerA && letter <= Char.LowerF) unit = unit * 16 + letter - Char.LowerA + 10;
      else return END;
      this.at++;
    }
    return unit;
  }
}

function isDigit(character: i32): bool {
  return character >= Char.Zero && character <= Char.Nine;
}

/** `text` in quotes, with the escapes of JSON.stringify. */
export function quote(text: string): string {
  let size = 2;
  for (let i = 0; i < text.length; i++)
    size += needsEscape(text.charCodeAt(i)) ? escapeOf(text.charCodeAt(i)).length : 1;
  const units = new StaticArray<u16>(size);
  let length = 0;
  units[length++] = <u16>Char.Quote;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (needsEscape(unit)) {
      const escape = escapeOf(unit);
      for (let j = 0; j < escape.length; j++) units[length++] = <u16>escape.charCodeAt(j);
    } else {
      units[length++] = <u16>unit;
    }
  }
  units[length++] = <u16>Char.Quote;
  return String.UTF16.decodeUnsafe(changetype<usize>(units), (<usize>length) << 1);
}

function needsEscape(unit: i32): bool {
  return unit < Char.Space || unit == Char.Quote || unit == Char.Backslash;
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
    case Char.Quote:
      return '\\"';
    case Char.Backslash:
      return '\\\\';
    case Char.Backspace:
      return '\\b';
    case Char.Tab:
      return '\\t';
    case Char.LineFeed:
      return '\\n';
    case Char.FormFeed:
      return '\\f';
    case Char.Return:
      return '\\r';
    default:
      return CONTROL_ESCAPES[unit];
  }
}
