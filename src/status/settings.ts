/** What the descriptions come to for the page, with what they leave out. Pure. */
import {
  type ServiceSpec,
  SITE_STATUS_DEFAULTS,
  type SiteSpec,
  STATUS_PAGE_DEFAULTS,
  type StatusPageSpec,
} from '../model/index.ts';
import type { PageFrame } from './model.ts';
import { privateToken } from './private-link.ts';

export function settingsOf(service: ServiceSpec | null): StatusPageSpec {
  const settings = service?.status ?? STATUS_PAGE_DEFAULTS;
  const mail = service?.channels.email ?? null;
  const ways = service === null ? [] : settings.subscribe.filter((way) => way !== 'email' || mail !== null);
  return { ...settings, subscribe: ways };
}

export function frameOf(service: ServiceSpec | null): PageFrame {
  const { timeZone, subscribe } = settingsOf(service);
  return {
    service: service?.name ?? 'Holdfast',
    url: service?.urls.status ?? null,
    support: service?.contact.support ?? null,
    timeZone,
    subscribe,
  };
}

export interface SitePlace {
  title: string;
  /** Below the root, without slashes around it; null: it has no page. */
  path: string | null;
  visibility: 'public' | 'private' | 'off';
  link: number;
}

export function placeOf(
  spec: Pick<SiteSpec, 'site' | 'hosts' | 'status'>,
  settings: StatusPageSpec,
  clusterKey: string,
): SitePlace {
  const { title, visibility: asked, link } = spec.status ?? SITE_STATUS_DEFAULTS;
  const visibility = asked ?? settings.sites;
  const paths = {
    public: () => `sites/${spec.site}`,
    private: () => `p/${privateToken(clusterKey, spec.site, link)}`,
    off: () => null,
  };
  return { title: title ?? spec.hosts[0] ?? spec.site, path: paths[visibility](), visibility, link };
}
