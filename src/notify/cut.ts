/** Texts shortened to what the other side takes. */

/** At most `most` UTF-16 units, never half a character; what was cut ends in `…`. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
