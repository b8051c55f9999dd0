/**
 * PagerDuty's Events API v2 (developer.pagerduty.com/docs/events-api-v2/trigger-events): one alert an incident, named by `dedup_key`
 * (at most 255 characters), whose summary has at most 1,024. What is sent twice is the same alert.
 */
import { createHash } from 'node:crypto';
import { type Delivery, postJson } from '../channel.ts';
import { cut } from '../cut.ts';
import { readSecret } from '../secret-file.ts';

const MOST_SUMMARY = 1_024;
const MOST_KEY = 255;
const MOST_DETAILS = 10_000;

export async function deliver({ notice, service, signal }: Delivery): Promise<void> {
  const { pagerduty } = service.channels;
  if (pagerduty === null) throw new Error('channels.pagerduty is not configured');
  const routingKey = readSecret(notice.address.to || pagerduty.routingKeyFile);
  await postJson(pagerduty.url, JSON.stringify(pagerDutyEvent(notice, service, routingKey)), {}, { signal });
}

interface EventData {
  event: string;
  over: boolean;
  url?: string | null;
}

export function pagerDutyEvent(notice: Delivery['notice'], service: Delivery['service'], routingKey: string) {
  const [event] = (notice.data.events ?? []) as EventData[];
  const action = actionOf(notice);
  const common = {
    routing_key: routingKey,
    event_action: action,
    dedup_key: keyOf(event?.event ?? notice.incident ?? notice.id),
  };
  if (action !== 'trigger') return common;
  return {
    ...common,
    payload: {
      summary: cut(notice.subject, MOST_SUMMARY),
      source: service.name,
      severity: notice.severity,
      timestamp: new Date(notice.createdAt).toISOString(),
      component: notice.sites.slice(0, 5).join(', ') || undefined,
      class: notice.kind,
      custom_details: { text: cut(notice.text, MOST_DETAILS), notice: notice.id, sites: notice.sites.length },
    },
    client: 'Holdfast',
    client_url: service.urls.console,
    links: event?.url ? [{ href: event.url, text: 'The incident' }] : [],
  };
}

function actionOf({ data }: Delivery['notice']): 'trigger' | 'acknowledge' | 'resolve' {
  const events = (data.events ?? []) as EventData[];
  if (events.length > 0 && events.every(({ over }) => over)) return 'resolve';
  return data.stage === 'taken' ? 'acknowledge' : 'trigger';
}

function keyOf(event: string): string {
  if (event.length <= MOST_KEY) return event;
  return createHash('sha256').update(event).digest('hex');
}
