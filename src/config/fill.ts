/** Fills `{{placeholder}}` in texts: commands, environments and installed files are written once and hold in every zone. */
import { HoldfastError } from '../errors.ts';

const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]*)\s*\}\}/g;

/**
 * The text with every `{{name}}` replaced by `values[name]`; what is filled in is not looked through again.
 * @throws HoldfastError `placeholder-unknown`
 */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new HoldfastError('placeholder-unknown', { name, known: Object.keys(values).join(', ') });
    return value;
  });
}

/** The names used in a text, each once, in the order of their first use. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1]!))];
}
