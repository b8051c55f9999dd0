/** Where the simulated zones' copies listen. */

export const NUMBERS: Record<string, number> = { a: 1, b: 2, c: 3 };

/** Zones' addresses: 10.0.1.11 and so on. */
export function hostOf(zone: string): string {
  return `10.0.${NUMBERS[zone]}.11`;
}
