/** Addresses of subscribers as those see them who need not know them. Pure. */

/** `a…@example.org`; of a webhook, whose path may be a secret, where it leads: `https://hooks.example.org/…`. */
export function maskedAddress(channel: string, to: string): string {
  if (channel === 'email') return `${[...to][0] ?? ''}…${to.slice(to.lastIndexOf('@'))}`;
  const origin = URL.parse(to)?.origin ?? '';
  return `${origin}/…`;
}

/** What another side said about an address, which it may have repeated in capitals of its own. */
export function maskedWords(words: string, channel: string, to: string): string {
  const literal = to.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return words.replaceAll(new RegExp(literal, 'gi'), () => maskedAddress(channel, to));
}
