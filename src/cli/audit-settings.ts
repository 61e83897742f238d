import type { Trust } from '../audit/targets/trust.ts';
import { serverToken } from '../platform/secrets.ts';
import { type StoreAuthorities, secureUrl, storeAuthorities, trustOf } from '../session/audit/trust.ts';
import { type NamedStore, namedStore } from '../session/settings/named-store.ts';
import type { ParsedVerb } from './options.ts';
import { say } from './say.ts';

/** Settings in force, read once: in a change those of its target branch, for tokens go to the addresses in them. */
export function settingsOf(values: ParsedVerb['values']): () => Promise<NamedStore> {
  const file = values.config as string | undefined;
  const { env } = process;
  let reading: Promise<NamedStore> | undefined;
  const read = async (): Promise<NamedStore> => {
    const settings = await namedStore({
      env,
      cwd: process.cwd(),
      flags: file === undefined ? {} : { config: file },
      token: serverToken(env),
    });
    for (const warning of settings.warnings) say(`warning: ${warning}`);
    return settings;
  };
  return () => {
    reading ??= read();
    return reading;
  };
}

/** Whom to believe at a store by these settings. They are read when a certificate is about to be judged. */
export function storeTrust(store: string, settings: () => Promise<NamedStore>): Trust {
  const { env } = process;
  const read = async (): Promise<StoreAuthorities> => {
    if (secureUrl(store, env) === undefined) return { pem: [], troubles: [] };
    const plain = { store, env, ca: [], workspace: process.cwd(), files: undefined };
    try {
      const { config, platform, authorityFiles: files } = await settings();
      return await storeAuthorities({ ...plain, ca: config.proxy.ca, workspace: platform.workspace, files });
    } catch (error) {
      // A store that was named on the command line needs no configuration.
      const why = error instanceof Error ? error.message : String(error);
      const { pem, troubles } = await storeAuthorities(plain);
      return { pem, troubles: [...troubles, `proxy.ca is not known: ${why}`] };
    }
  };
  return trustOf(read, env);
}
