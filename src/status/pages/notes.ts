/** Pages of a sentence or two: what became of a form, and what nginx shows when there is nothing else. */
import { html, type Markup, type Piece } from '../html.ts';
import type { PageFrame } from '../model.ts';
import { page } from './parts.ts';

export interface Note {
  heading: string;
  text: string;
  /** A button that does what the page is about: following a link alone does nothing, since mail scanners do. */
  button?: string;
  /** Shown in a box, to be copied. */
  code?: string;
  back?: { path: string; title: string };
}

export function notePage(frame: PageFrame, { heading, text, button, code, back }: Note): string {
  const form: Piece = button !== undefined && html`<form method="post"><button type="submit">${button}</button></form>`;
  const copied: Piece = code !== undefined && html`<p><code>${code}</code></p>`;
  const link: Markup =
    back === undefined
      ? html`<p><a href="/">To the status page</a></p>`
      : html`<p><a href="/${back.path === '' ? '' : `${back.path}/`}">${back.title}</a></p>`;
  return page(
    { frame, title: heading, path: '', feeds: false, isPrivate: true, ageless: true },
    html`<div class="note"><h1>${heading}</h1><p>${text}</p>${copied}${form}${link}</div>`,
  );
}

export const NOT_FOUND: Note = { heading: 'There is no such page', text: 'Perhaps its address has changed.' };
export const UNAVAILABLE: Note = {
  heading: 'Not possible just now',
  text: 'Nothing that could take this in answers at the moment. Please try again later.',
};
export const TOO_MANY: Note = { heading: 'Too often', text: 'Please wait a minute and try again.' };
