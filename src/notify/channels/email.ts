/** E-mail over SMTP: plain text with a simple HTML twin. The Message-ID is made from the notice's id, so that a mail sent twice is one. */
import type { Delivery } from '../channel.ts';
import { linesTo } from '../mail-lines.ts';

export async function deliver({ notice, service, clock, signal }: Delivery): Promise<void> {
  const { email } = service.channels;
  if (email === null) throw new Error('channels.email is not configured');
  const lines = linesTo(email, clock);
  const domain = /@([^\s@<>]+)/.exec(email.from)?.[1] ?? 'localhost';
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => {
      lines.retire();
      reject(new Error(`${email.host} did not take it in time`));
    };
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    await Promise.race([late, lines.transport.sendMail(mailOf(notice, service, email.from, domain))]);
  } catch (error) {
    throw new Error(`${email.host} did not take it: ${(error as Error).message.replace(/\s+/g, ' ').slice(0, 300)}`);
  } finally {
    lines.release();
  }
}

function mailOf(notice: Delivery['notice'], service: Delivery['service'], from: string, domain: string) {
  // Programs show a button for it (RFC 8058).
  const { unsubscribe: link } = notice.data as { unsubscribe?: string };
  const unsubscribe = link === undefined ? {} : { unsubscribe: link };
  return {
    from,
    to: { name: '', address: notice.address.to },
    subject: notice.subject.replace(/[\r\n]+/g, ' '),
    messageId: `<${notice.id}@${domain}>`,
    date: new Date(notice.createdAt),
    list: { id: { url: `notices.${domain}`, comment: service.name }, ...unsubscribe },
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Holdfast-Severity': notice.severity,
      ...(link === undefined ? {} : { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
      ...(notice.incident === null ? {} : threadHeaders(notice.incident, domain)),
    },
    text: notice.text,
    html: htmlOf(notice.text),
  };
}

/** Mails about one incident stand together in the reader's program. */
function threadHeaders(incident: string, domain: string): Record<string, string> {
  const thread = `<${incident.replace(/[^A-Za-z0-9.-]/g, '-')}@${domain}>`;
  return { References: thread, 'In-Reply-To': thread };
}

/** Paragraphs and links of the text, and nothing that loads from anywhere. */
export function htmlOf(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const linked = escaped.replace(/https?:\/\/[^\s&]+(?:&amp;[^\s&]+)*/g, (url) => {
    const [, address = url, rest = ''] = /^(.*?)([.,;:)]*)$/.exec(url) ?? [];
    return `<a href="${address}">${address}</a>${rest}`;
  });
  const paragraphs = linked
    .trim()
    .split(/\n{2,}/)
    .map((part) => (part === '---' ? '<hr>' : `<p>${part.replaceAll('\n', '<br>\n')}</p>`));
  return `<!doctype html>\n<html><body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">\n${paragraphs.join('\n')}\n</body></html>\n`;
}
