/** A random generator whose whole memory is one number, so that it is saved and restored with the plant. */
export interface Random {
  /** 0 to 2^32 - 1; the seed to begin with */
  random: number;
}

/** The next number of 0 (inclusive) to 1 (exclusive): mulberry32 (T. Ettinger, public domain). */
export const uniform = (memory: Random): number => {
  memory.random = (memory.random + 0x6d2b79f5) >>> 0;
  let bits = memory.random;
  bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
};

/** The next normally distributed number, mean 0 and standard deviation 1 (Box and Muller 1958). */
export const gaussian = (memory: Random): number =>
  Math.sqrt(-2 * Math.log(1 - uniform(memory))) * Math.cos(2 * Math.PI * uniform(memory));
