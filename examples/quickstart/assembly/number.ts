// Decimal to double and back, exactly as JavaScript does: AssemblyScript's own parseFloat and toString may be off in the
// last digit.

import { Natural } from './natural';

const SIGNIFICAND_BITS = 52;
const HIDDEN_BIT: u64 = 1 << SIGNIFICAND_BITS;
/** The exponent of the last bit of subnormal numbers. */
const MIN_EXPONENT = -1074;
const LARGEST: u64 = 0x7fefffffffffffff;

/** The powers of ten that a double holds exactly. */
const POWERS_OF_TEN: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
];

// A finite double is significandOf × 2^exponentOf its bits.

function exponentOf(bits: u64): i32 {
  return MIN_EXPONENT + max(<i32>(bits >> SIGNIFICAND_BITS) - 1, 0);
}

function significandOf(bits: u64): u64 {
  const fraction = bits & (HIDDEN_BIT - 1);
  return bits < HIDDEN_BIT ? fraction : fraction | HIDDEN_BIT;
}

/** Characters of one number; a longer one is invalid. No double needs more than 767 digits to be told apart. */
export const MAX_NUMBER = 1000;

/** digits × 10^exponent, without leading zeros */
class Decimal {
  exponent: i32 = 0;
  length: i32 = 0;
  private digits: StaticArray<u8>;

  /** `text` is a number of JSON without its sign. */
  constructor(text: string) {
    this.digits = new StaticArray<u8>(text.length);
    let at = 0;
    let seenPoint = false;
    for (; at < text.length && (text.charCodeAt(at) | 0x20) != 0x65; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0) {
        seenPoint = true;
        continue;
      }
      if (seenPoint) this.exponent--;
      if (this.length > 0 || digit != 0) this.digits[this.length++] = <u8>digit;
    }
    let exponent = 0;
    const isNegative = text.charCodeAt(at + 1) == 0x2d;
    for (at++; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit >= 0 && exponent < 100_000_000) exponent = exponent * 10 + digit;
    }
    this.exponent += isNegative ? -exponent : exponent;
  }

  /** Off by a few units in the last place at most: one for each rounding. */
  estimate(): f64 {
    const used = min(this.length, 18);
    let significand: i64 = 0;
    for (let i = 0; i < used; i++) significand = significand * 10 + this.digits[i];
    let estimate = <f64>significand;
    let exponent = this.exponent + this.length - used;
    for (; exponent > 22; exponent -= 22) estimate *= 1e22;
    for (; exponent < -22; exponent += 22) estimate /= 1e22;
    return exponent < 0 ? estimate / POWERS_OF_TEN[-exponent] : estimate * POWERS_OF_TEN[exponent];
  }

  /** Compares with the midpoint between a double, given by its bits, and the next larger one. */
  compareWithMidpoint(bits: u64): i32 {
    const exponentOfTwo = exponentOf(bits) - 1;
    const decimal = new Natural(0);
    for (let i = 0; i < this.length; i++) decimal.multiplyAdd(10, this.digits[i]);
    decimal.scaleByTen(this.exponent).scaleByTwo(-exponentOfTwo);
    const midpoint = new Natural(2 * significandOf(bits) + 1).scaleByTen(-this.exponent).scaleByTwo(exponentOfTwo);
    return decimal.compare(midpoint);
  }
}

/** The double nearest to a number of JSON, the even one of two; infinite if it is beyond the range. */
export function parseNumber(text: string): f64 {
  if (text.charCodeAt(0) == 0x2d) return -parseNumber(text.substring(1));
  const decimal = new Decimal(text);
  const magnitude = decimal.length + decimal.exponent;
  if (decimal.length == 0 || magnitude < -330) return 0;
  if (magnitude > 310) return Infinity;
  const estimate = decimal.estimate();
  // Then both operands of the estimate were exact, and its one rounding is the right one.
  if (decimal.length <= 15 && abs(decimal.exponent) <= 22) return estimate;

  let bits = min(reinterpret<u64>(estimate), LARGEST);
  while (bits <= LARGEST) {
    const side = decimal.compareWithMidpoint(bits);
    if (side < 0 || (side == 0 && (bits & 1) == 0)) break;
    bits++;
  }
  while (bits > 0) {
    const side = decimal.compareWithMidpoint(bits - 1);
    if (side > 0 || (side == 0 && (bits & 1) == 0)) break;
    bits--;
  }
  return reinterpret<f64>(bits);
}

/**
 * The digits and the decimal exponent of the shortest decimal that reads back as `number`, which is positive, and of
 * those the nearest: the free-format algorithm of Burger and Dybvig, "Printing Floating-Point Numbers Quickly and
 * Accurately" (1996), with its names r, s, m+ and m-. `number` is r/s; a decimal less than m-/s below or m+/s above it
 * reads back as the same number.
 */
class ShortestDecimal {
  digits: string = '';
  /** The number is 0.digits × 10^exponent. */
  exponent: i32;

  constructor(number: f64) {
    const bits = reinterpret<u64>(number);
    const significand = significandOf(bits);
    const exponentOfTwo = exponentOf(bits);
    // Just above a power of two, doubles lie twice as far apart as just below.
    const isPowerOfTwo = significand == HIDDEN_BIT && exponentOfTwo > MIN_EXPONENT;
    const doubling = isPowerOfTwo ? 2 : 1;
    const up = max(exponentOfTwo, 0);
    const r = new Natural(significand).scaleByTwo(up + doubling);
    const s = new Natural(1).scaleByTwo(max(-exponentOfTwo, 0) + doubling);
    const mMinus = new Natural(1).scaleByTwo(up);
    const mPlus = new Natural(1).scaleByTwo(up + doubling - 1);
    // A decimal halfway between two doubles is read as the even one.
    const inclusive = (bits & 1) == 0 ? 1 : 0;

    const bitLength = 64 - <i32>clz(significand);
    // At most one too small, never too large.
    this.exponent = <i32>Math.ceil(<f64>(exponentOfTwo + bitLength - 1) * 0.30102999566398114 - 1e-10);
    s.scaleByTen(this.exponent);
    r.scaleByTen(-this.exponent);
    mMinus.scaleByTen(-this.exponent);
    mPlus.scaleByTen(-this.exponent);
    if (r.compareSum(mPlus, s) + inclusive > 0) this.exponent++;
    else timesTen(r, mMinus, mPlus);

    while (!this.addDigit(r, s, mMinus, mPlus, inclusive)) timesTen(r, mMinus, mPlus);
  }

  /** Returns whether the digit is the last. */
  private addDigit(r: Natural, s: Natural, mMinus: Natural, mPlus: Natural, inclusive: i32): bool {
    let digit = 0;
    for (; r.compare(s) >= 0; digit++) r.subtract(s);
    const isNearLow = mMinus.compare(r) + inclusive > 0;
    const isNearHigh = r.compareSum(mPlus, s) + inclusive > 0;
    const isLast = isNearLow || isNearHigh;
    if (isLast) {
      const half = r.compareSum(r, s);
      if (isNearHigh && (!isNearLow || half > 0 || (half == 0 && (digit & 1) == 1))) digit++;
    }
    this.digits += digit.toString();
    return isLast;
  }
}

function timesTen(r: Natural, mMinus: Natural, mPlus: Natural): void {
  r.multiplyAdd(10, 0);
  mMinus.multiplyAdd(10, 0);
  mPlus.multiplyAdd(10, 0);
}

/** A finite number, laid out as ECMA-262's Number::toString does; `k` and `n` are its names. */
export function formatNumber(number: f64): string {
  if (number == 0) return '0'; // negative zero as well
  if (number < 0) return '-' + formatNumber(-number);
  const shortest = new ShortestDecimal(number);
  const digits = shortest.digits;
  const k = digits.length;
  const n = shortest.exponent;
  if (k <= n && n <= 21) return digits + '0'.repeat(n - k);
  if (0 < n && n <= 21) return digits.substring(0, n) + '.' + digits.substring(n);
  if (-6 < n && n <= 0) return '0.' + '0'.repeat(-n) + digits;
  const mantissa = k == 1 ? digits : digits.charAt(0) + '.' + digits.substring(1);
  return mantissa + (n > 0 ? 'e+' : 'e') + (n - 1).toString();
}
