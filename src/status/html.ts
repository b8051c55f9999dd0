/** HTML as text that cannot be forgotten to be escaped: whatever is put into a template is, unless it is markup itself. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Nothing is shown of null and false. */
export type Piece = string | number | Markup | null | false | readonly Piece[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For HTML and XML, in text and in quoted attributes. Characters that XML does not allow are left out. */
export function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, (character) => ('\t\n\r'.includes(character) ? character : ''))
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Markup {
  return new Markup(parts.reduce((so, part, at) => so + textOf(pieces[at - 1] ?? null) + part));
}

function textOf(piece: Piece): string {
  if (piece === null || piece === false) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(textOf).join('');
  return escaped(String(piece));
}

/** What people wrote, with its paragraphs and lines. */
export function paragraphs(text: string): Markup {
  const parts = text.trim().split(/\n{2,}/);
  return new Markup(parts.map((part) => `<p>${escaped(part).replaceAll('\n', '<br>')}</p>`).join(''));
}
