/** The channels against real servers on loopback; what cannot be had here (Slack, PagerDuty) against schemas of their published formats. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { problemsOf } from '../../test/support/published/index.ts';
import type { Notice, ServiceSpec } from '../model/index.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { aNotice, aService } from '../store/fixtures.ts';
import { channelOf } from './channel.ts';

const PASSWORD = 'a password that is nowhere to be read';
let folder: string;
const file = (name: string, text: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
};
const closing: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-notify-'));
  execFileSync(
    'openssl',
    [
      ...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1'.split(
        ' ',
      ),
      ...['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')],
    ],
    { stdio: 'ignore' },
  );
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const serviceWith = (channels: Partial<ServiceSpec['channels']>) =>
  aService({ channels: { ...aService().channels, ...channels } });

async function deliver(notice: Notice, service: ServiceSpec, signal = AbortSignal.timeout(10_000)): Promise<string> {
  const channel = await channelOf(notice.address.channel);
  return channel({ notice, service, clock, signal }).then(
    () => 'delivered',
    (error: Error) => error.message,
  );
}

describe('e-mail', () => {
  interface Received {
    from: string;
    to: string[];
    secure: boolean;
    user: string | null;
    text: string;
  }

  async function smtp(options: SMTPServerOptions = {}): Promise<{ port: number; received: Received[] }> {
    const received: Received[] = [];
    const server = new SMTPServer({
      key: readFileSync(join(folder, 'tls.key')),
      cert: readFileSync(join(folder, 'tls.crt')),
      authOptional: true,
      onAuth: ({ username, password }, _session, done) =>
        password === PASSWORD ? done(null, { user: username }) : done(new Error('wrong password')),
      onData: (stream, session, done) => {
        let text = '';
        stream.on('data', (data) => {
          text += data;
        });
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          received.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            secure: session.secure,
            user: (session.user as string | undefined) ?? null,
            text,
          });
          done();
        });
      },
      ...options,
    });
    server.on('error', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise<void>((resolve) => server.close(resolve)));
    return { port: (server.server.address() as AddressInfo).port, received };
  }

  const email = (port: number, more: Partial<NonNullable<ServiceSpec['channels']['email']>> = {}) =>
    serviceWith({
      email: {
        host: '127.0.0.1',
        port,
        from: 'Holdfast <status@example.org>',
        user: null,
        passwordFile: null,
        secure: false,
        caFile: null,
        ...more,
      },
    });
  const trusted = () => ({ caFile: join(folder, 'tls.crt'), host: 'localhost' });

  test('arrives as text and HTML, under its own id, in the thread of its incident', async () => {
    const { port, received } = await smtp({ disabledCommands: ['STARTTLS'] });
    const notice = aNotice('n1', {
      incident: '20261123T000000.000Z~zone-dark:a',
      subject: 'Bräu <shop> was moved\r\nBcc: x@y.z',
      text: 'See https://a.b/c?d=1&e=2.\n\nAll <well>.',
    });
    expect(await deliver(notice, email(port))).toBe('delivered');
    const [mail] = received;
    expect(mail).toMatchObject({ from: 'status@example.org', to: ['anna@example.org'], secure: false });
    expect(mail!.text).toContain('Message-ID: <n1@example.org>');
    expect(mail!.text).toMatch(/List-ID: "?Holdfast Hosting"? <notices\.example\.org>/i);
    expect(mail!.text).toContain('Auto-Submitted: auto-generated');
    expect(mail!.text).toContain('In-Reply-To: <20261123T000000.000Z-zone-dark-a@example.org>');
    expect(mail!.text).not.toMatch(/^Bcc:/m);
    expect(mail!.text).toContain('text/plain');
    expect(mail!.text.replaceAll('=\r\n', '')).toMatch(/<a href=(3D)?"https:\/\/a\.b\/c\?d(=|=3D)1&amp;e(=|=3D)2">/);
    expect(mail!.text).toContain('All &lt;well&gt;.');
  });

  test('many go over few connections, which are closed soon after', async () => {
    let [open, opened] = [0, 0];
    const { port, received } = await smtp({
      disabledCommands: ['STARTTLS'],
      onConnect: (_, done) => {
        open += 1;
        opened += 1;
        done();
      },
      onClose: () => {
        open -= 1;
      },
    });
    const service = email(port);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) => deliver(aNotice(`many-${index}`), service, AbortSignal.timeout(60_000))),
    );
    expect(new Set(outcomes)).toEqual(new Set(['delivered']));
    expect(received).toHaveLength(60);
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThanOrEqual(8);
    await vi.waitFor(() => expect(open).toBe(0), { timeout: 30_000 });
  });

  test('with a password only over TLS that is trusted', async () => {
    const passwordFile = file('password', `${PASSWORD}\n`);
    const login = { user: 'holdfast', passwordFile };
    const withStartTls = await smtp();
    expect(await deliver(aNotice('n2'), email(withStartTls.port, { ...login, ...trusted() }))).toBe('delivered');
    expect(withStartTls.received[0]).toMatchObject({ secure: true, user: 'holdfast' });
    expect(await deliver(aNotice('n3'), email(withStartTls.port, login))).toMatch(
      /did not take it: .*(certificate|self.signed)/i,
    );
    const bare = await smtp({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    expect(await deliver(aNotice('n4'), email(bare.port, login))).toMatch(/did not take it: .*TLS/i);
    const wholly = await smtp({ secure: true });
    expect(await deliver(aNotice('n5'), email(wholly.port, { ...login, ...trusted(), secure: true }))).toBe(
      'delivered',
    );
    expect(wholly.received[0]).toMatchObject({ secure: true, user: 'holdfast' });
    expect([withStartTls, bare].flatMap(({ received }) => received)).toHaveLength(1);
  });

  test('says why not, and never the password', async () => {
    const { port } = await smtp();
    const wrong = await deliver(
      aNotice('n6'),
      email(port, { user: 'holdfast', passwordFile: file('wrong', 'not this one'), ...trusted() }),
    );
    expect(wrong).toMatch(/localhost did not take it: .*(login|password)/i);
    expect(wrong).not.toContain('not this one');
    const open = await deliver(
      aNotice('n7'),
      email(port, { user: 'holdfast', passwordFile: file('open', PASSWORD, 0o644), ...trusted() }),
    );
    expect(open).toMatch(/others can read it: chmod 600 .*open/);
    expect(await deliver(aNotice('n8'), email(1))).toMatch(/did not take it: .*ECONNREFUSED/);
    const deaf = await smtp({ onConnect: () => {} });
    expect(await deliver(aNotice('n9'), email(deaf.port), AbortSignal.timeout(300))).toMatch(
      /did not take it in time|did not take it: /,
    );
    expect(await deliver(aNotice('n10'), serviceWith({}))).toBe('channels.email is not configured');
  });
});

async function httpServer(answer: (headers: Record<string, string>, body: string) => number | null): Promise<string> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const status = answer(request.headers as Record<string, string>, body);
      if (status !== null) response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('x'.repeat(2_000_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

describe('webhook', () => {
  const SECRET = `whsec_${Buffer.from('twenty-four bytes or so it has').toString('base64')}`;
  const to = (url: string): Partial<Notice> => ({ address: { channel: 'webhook', to: url, atLeast: 'info' } });

  test.each([
    ['a secret with its prefix', SECRET],
    ['any other text', 'plain secret text'],
  ])('is verified by the official library: %s', async (_, secret) => {
    const service = serviceWith({ webhook: { secretFile: file('secret', secret) } });
    const seen: unknown[] = [];
    const verifier = new Webhook(secret.startsWith('whsec_') ? secret : Buffer.from(secret).toString('base64'));
    const url = await httpServer((headers, body) => {
      seen.push([headers['webhook-id'], verifier.verify(body, headers)]);
      return 204;
    });
    const notice = aNotice('w1', { ...to(url), data: { events: [{ event: 'e' }] } });
    expect(await deliver(notice, service)).toBe('delivered');
    expect(await deliver(notice, service)).toBe('delivered');
    const message = { type: 'notice.moved', data: { id: 'w1', subject: 'shop was moved', events: [{ event: 'e' }] } };
    expect(seen).toMatchObject([
      ['w1', message],
      ['w1', message],
    ]);
  });

  test('a refusal, a redirect and silence are no delivery', async () => {
    const service = serviceWith({ webhook: { secretFile: file('secret', SECRET) } });
    let status: number | null = 500;
    const url = await httpServer(() => status);
    expect(await deliver(aNotice('w2', to(url)), service)).toMatch(/answered 500: x{500}$/);
    status = 302;
    expect(await deliver(aNotice('w3', to(url)), service)).toMatch(/could not be reached/);
    status = null;
    expect(await deliver(aNotice('w4', to(url)), service, AbortSignal.timeout(300))).toMatch(/no answer in time/);
  });
});

describe('command', () => {
  const service = (...command: string[]) => serviceWith({ command });
  const sms = (more: Partial<Notice> = {}) =>
    aNotice('c1', { address: { channel: 'command', to: '+49 30 1234; rm -rf /', atLeast: 'info' }, ...more });

  test('gets the message on its standard input, the number as one word, and nothing of the controller’s environment', async () => {
    process.env.HF_SECRET_FOR_TEST = PASSWORD;
    const out = join(folder, 'sms');
    const script = file('sms.sh', `#!/bin/sh\n{ echo "$1"; env; cat; } > ${out}\n`, 0o700);
    expect(await deliver(sms(), service(script, '{{to}}'))).toBe('delivered');
    const written = readFileSync(out, 'utf8');
    expect(written.split('\n')[0]).toBe('+49 30 1234; rm -rf /');
    expect(written).toContain('HOLDFAST_NOTICE=c1');
    expect(written).toContain('shop was moved\n\nIt is well.');
    expect(written).not.toContain(PASSWORD);
  });
  test('says why not: status, time, absence; and one that reads nothing is no trouble', async () => {
    expect(await deliver(sms(), service('/bin/sh', '-c', 'echo no credit >&2; exit 3'))).toBe(
      '/bin/sh ended with 3: no credit',
    );
    expect(await deliver(sms(), service('/bin/sh', '-c', 'sleep 60 & sleep 60'), AbortSignal.timeout(300))).toBe(
      '/bin/sh took too long',
    );
    expect(await deliver(sms(), service('/nowhere/at/all'))).toMatch(/could not be started: .*ENOENT/);
    expect(await deliver(sms({ text: 'x'.repeat(1_000_000) }), service('/bin/true'))).toBe('delivered');
  });
});

describe('formats of others', () => {
  test('both are sent, and what goes wrong tells no secret address', async () => {
    const bodies: unknown[] = [];
    let status = 202;
    const url = await httpServer((_, body) => {
      bodies.push(JSON.parse(body));
      return status;
    });
    const service = serviceWith({
      slack: { webhookFile: file('slack', url) },
      pagerduty: { routingKeyFile: file('key', 'R-KEY'), url },
    });
    const slack = aNotice('s2', { address: { channel: 'slack', to: '', atLeast: 'info' } });
    const duty = aNotice('p3', { address: { channel: 'pagerduty', to: '', atLeast: 'info' } });
    expect([await deliver(slack, service), await deliver(duty, service)]).toEqual(['delivered', 'delivered']);
    expect([problemsOf('slack-incoming-webhook', bodies[0]), problemsOf('pagerduty-events-v2', bodies[1])]).toEqual([
      [],
      [],
    ]);
    status = 400;
    expect(await deliver(slack, service)).toMatch(/^Slack answered 400/);
    expect(await deliver(slack, service)).not.toContain('/hook');
    expect(await deliver(duty, service)).not.toContain('R-KEY');
  });
});
