/** A real SMTP server on one address of this machine: keeps what arrives. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { systemClock as clock } from '../../src/platform/clock.ts';

export interface Mail {
  /** Wall time of its arrival, milliseconds. */
  at: number;
  to: string[];
  subject: string;
  /** As it came, with lines that were folded for the way put together again. */
  text: string;
  /** Its plain text, as a person reads it. */
  plain: string;
}

export interface Mailbox {
  port: number;
  mails: Mail[];
  close(): Promise<void>;
}

/** Takes every mail from anybody, without TLS: it listens where only the test's own programs are. */
export async function openMailbox(host: string): Promise<Mailbox> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, { envelope }, done) => {
      let text = '';
      stream.setEncoding('utf8').on('data', (data: string) => {
        text += data;
      });
      stream.on('end', () => {
        mails.push(
          mailFrom(
            text,
            envelope.rcptTo.map(({ address }) => address),
          ),
        );
        done();
      });
    },
  });
  // A client that is killed in the midst of a mail is nobody's fault.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function mailFrom(raw: string, to: string[]): Mail {
  const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(raw)?.[1]?.replaceAll('\r\n', '') ?? '';
  return {
    at: clock.wall(),
    to,
    subject,
    text: raw.replaceAll('=\r\n', ''),
    plain: plainOf(raw).replaceAll('\r\n', '\n'),
  };
}

/** The first part of plain text, decoded. */
function plainOf(raw: string): string {
  const [, head = '', body = ''] = /Content-Type: text\/plain([\s\S]*?)\r\n\r\n([\s\S]*?)(?:\r\n--|$)/.exec(raw) ?? [];
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
