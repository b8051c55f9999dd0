/**
 * Slack's incoming webhooks, with blocks. Limits as documented at docs.slack.dev/reference/block-kit/blocks: a header's text has at most
 * 150 characters, a section's 3,000, a message 50 blocks. Slack knows no idempotency key: the notice's id stands in the last line.
 */
import { type Delivery, postJson } from '../channel.ts';
import { cut } from '../cut.ts';
import { readSecret } from '../secret-file.ts';

const MOST_HEADER = 150;
const MOST_SECTION = 3_000;
const MOST_SECTIONS = 20;

export async function deliver({ notice, service, signal }: Delivery): Promise<void> {
  const file = notice.address.to || service.channels.slack?.webhookFile;
  if (!file) throw new Error('channels.slack is not configured');
  await postJson(readSecret(file), JSON.stringify(slackMessage(notice)), {}, { signal }, 'Slack');
}

const MARKS = { critical: ':red_circle:', warning: ':large_orange_circle:', info: ':large_green_circle:' } as const;

export function slackMessage({ id, severity, subject, text }: Delivery['notice']) {
  const sections = piecesOf(escaped(text), MOST_SECTION).slice(0, MOST_SECTIONS);
  return {
    // What notifications and screen readers say.
    text: `${MARKS[severity]} ${escaped(cut(subject, MOST_HEADER))}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(subject, MOST_HEADER), emoji: false } },
      ...sections.map((piece) => ({ type: 'section', text: { type: 'mrkdwn', text: piece } })),
      { type: 'context', elements: [{ type: 'mrkdwn', text: `${MARKS[severity]} ${severity} · ${id}` }] },
    ],
  };
}

/** The three characters that mean something in Slack's markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A character of two halves, or one that is escaped, of which only the beginning is there. */
const HALF_AT_END = /(?:[\uD800-\uDBFF]|&[a-z]{0,3})$/;

/** Pieces of at most `most` characters, broken between paragraphs, else between lines, words or characters. */
export function piecesOf(text: string, most: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > most) {
    const room = rest.slice(0, most);
    const at =
      [room.lastIndexOf('\n\n'), room.lastIndexOf('\n'), room.lastIndexOf(' ')].find((place) => place > 0) ??
      room.replace(HALF_AT_END, '').length;
    pieces.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return rest === '' ? pieces : [...pieces, rest];
}
