/** The only home of chance. */
import { randomBytes, randomUUID } from 'node:crypto';

/** 48 hexadecimal characters (192 bits) from the operating system. */
export function newSecret(): string {
  return randomBytes(24).toString('hex');
}

export function newId(): string {
  return randomUUID();
}

/** For keys and tokens, from the operating system. */
export function newBytes(count: number): Buffer {
  return randomBytes(count);
}
