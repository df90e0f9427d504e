/** How many 32-bit limbs a number may have: more than any comparison of a decimal with a double needs (number.ts). */
const CAPACITY = 160;

/** A natural number of up to 5,120 bits, changed in place. */
export class Natural {
  /** Least significant first. */
  private limbs: StaticArray<u32> = new StaticArray<u32>(CAPACITY);
  private length: i32 = 0;

  constructor(value: u64) {
    this.push(<u32>value);
    this.push(<u32>(value >> 32));
    this.trim();
  }

  private push(limb: u32): void {
    this.limbs[this.length++] = limb;
  }

  private trim(): void {
    while (this.length > 0 && this.limbs[this.length - 1] == 0) this.length--;
  }

  private limb(index: i32): u32 {
    return index < this.length ? this.limbs[index] : 0;
  }

  /** this = this × factor + summand */
  multiplyAdd(factor: u32, summand: u32): this {
    let carry: u64 = summand;
    for (let i = 0; i < this.length; i++) {
      carry += <u64>this.limbs[i] * factor;
      this.limbs[i] = <u32>carry;
      carry >>= 32;
    }
    if (carry != 0) this.push(<u32>carry);
    return this;
  }

  /** this = this × 10^exponent; as it is if the exponent is negative */
  scaleByTen(exponent: i32): this {
    for (; exponent >= 9; exponent -= 9) this.multiplyAdd(1000000000, 0);
    for (; exponent > 0; exponent--) this.multiplyAdd(10, 0);
    return this;
  }

  /** this = this × 2^exponent; as it is if the exponent is negative */
  scaleByTwo(exponent: i32): this {
    for (; exponent >= 31; exponent -= 31) this.multiplyAdd(1 << 31, 0);
    return exponent > 0 ? this.multiplyAdd(1 << exponent, 0) : this;
  }

  /** this = this − other, which must not be larger. */
  subtract(other: Natural): void {
    let borrow: u64 = 0;
    for (let i = 0; i < this.length; i++) {
      const difference = <u64>this.limbs[i] - other.limb(i) - borrow;
      this.limbs[i] = <u32>difference;
      borrow = difference >> 63;
    }
    this.trim();
  }

  /** Negative, zero or positive as this + summand is smaller than, equal to or larger than other. */
  compareSum(summand: Natural, other: Natural): i32 {
    // The difference, carried down from the most significant limb. The limbs below can still take away less than 1 from it
    // or add less than 2.
    let difference: i64 = 0;
    for (let i = max(this.length, max(summand.length, other.length)) - 1; i >= 0; i--) {
      difference = (difference << 32) + <i64>this.limb(i) + <i64>summand.limb(i) - <i64>other.limb(i);
      if (difference > 0) return 1;
      if (difference < -1) return -1;
    }
    return <i32>difference;
  }

  compare(other: Natural): i32 {
    return this.compareSum(ZERO, other);
  }
}

const ZERO = new Natural(0);
