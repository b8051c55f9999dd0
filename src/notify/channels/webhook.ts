/** Signed webhooks as Standard Webhooks has them (github.com/standard-webhooks/standard-webhooks): the notice's id is the message's. */
import { Webhook } from 'standardwebhooks';
import { type Delivery, postJson } from '../channel.ts';
import { cut } from '../cut.ts';
import { readSecret } from '../secret-file.ts';
import { postToStranger, subscriberSecret } from '../strangers.ts';

/** The specification asks for payloads below 20 kB where possible. */
const MOST_TEXT = 10_000;

export async function deliver({ notice, service, clock, signal, clusterKey }: Delivery): Promise<void> {
  const stranger = typeof notice.data.subscriber === 'string' ? notice.data.subscriber : null;
  const signer = new Webhook(stranger === null ? ownSecret(service) : subscriberSecret(clusterKey, stranger));
  const at = new Date(clock.wall());
  const body = JSON.stringify({
    type: `notice.${notice.kind}`,
    timestamp: new Date(notice.createdAt).toISOString(),
    data: {
      id: notice.id,
      kind: notice.kind,
      severity: notice.severity,
      service: service.name,
      subject: notice.subject,
      text: cut(notice.text, MOST_TEXT),
      incident: notice.incident,
      ...notice.data,
    },
  });
  const headers = {
    'webhook-id': notice.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signer.sign(notice.id, at, body),
  };
  if (stranger === null) return postJson(notice.address.to, body, headers, { signal });
  await postToStranger(notice.address.to, body, headers, { signal, inside: service.status?.privateWebhooks ?? false });
}

function ownSecret({ channels }: Delivery['service']): string {
  if (channels.webhook === null) throw new Error('channels.webhook is not configured');
  return secretOf(channels.webhook.secretFile);
}

/** `whsec_…`, base64 as the library wants it; anything else is taken for the key's own bytes. */
function secretOf(file: string): string {
  const secret = readSecret(file);
  return secret.startsWith('whsec_') ? secret : Buffer.from(secret).toString('base64');
}
