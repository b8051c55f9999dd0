/**
 * Connections to the mail server, kept for a moment: a lost zone is many mails at once, and greeting, TLS and login take longer than
 * any of them.
 */
import { readFileSync } from 'node:fs';
import nodemailer from 'nodemailer';
import type { ServiceSpec } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { DELIVERY_MS } from './channel.ts';
import { readSecret } from './secret-file.ts';

type Email = NonNullable<ServiceSpec['channels']['email']>;

/** Mail servers grant one client some dozens. */
const MOST_CONNECTIONS = 8;
const MAILS_A_CONNECTION = 100;
/** Unused for so long they are closed. */
const IDLE_MS = 3_000;

export interface Lines {
  transport: { sendMail(mail: object): Promise<unknown> };
  /** Has to be called once, when this mail is done with. */
  release(): void;
  /** Nobody else gets these connections: something is wrong with them. */
  retire(): void;
}

interface Open {
  transport: { sendMail(mail: object): Promise<unknown>; close(): void };
  users: number;
  cancelClosing: () => void;
}

const open = new Map<string, Open>();

/** To the server as it is described now, with the password as it stands in its file. @throws Error when a file cannot be read */
export function linesTo(email: Email, clock: Clock): Lines {
  const pass = email.user === null || email.passwordFile === null ? null : readSecret(email.passwordFile);
  const ca = email.caFile === null ? null : readFileSync(email.caFile, 'utf8');
  const key = JSON.stringify([email, pass, ca]);
  const one = open.get(key) ?? connect(email, pass, ca);
  open.set(key, one);
  one.cancelClosing();
  one.users += 1;
  const retire = () => {
    if (open.get(key) === one) open.delete(key);
  };
  return {
    transport: one.transport,
    retire,
    release: () => {
      one.users -= 1;
      if (one.users > 0) return;
      if (open.get(key) !== one) return one.transport.close();
      one.cancelClosing = clock.after(IDLE_MS, () => {
        retire();
        one.transport.close();
      });
    },
  };
}

function connect(email: Email, pass: string | null, ca: string | null): Open {
  const transport = nodemailer.createTransport({
    pool: true,
    maxConnections: MOST_CONNECTIONS,
    maxMessages: MAILS_A_CONNECTION,
    host: email.host,
    port: email.port,
    secure: email.secure,
    // A password never travels in the open.
    requireTLS: !email.secure && email.user !== null,
    auth: email.user === null || pass === null ? undefined : { user: email.user, pass },
    tls: ca === null ? undefined : { ca },
    connectionTimeout: DELIVERY_MS / 2,
    greetingTimeout: DELIVERY_MS / 2,
    socketTimeout: DELIVERY_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { transport, users: 0, cancelClosing: () => {} };
}
