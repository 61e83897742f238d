import { credentialsIn } from '../../config/redact.ts';
import { storeSecrets } from '../cache/store-env.ts';
import type { DaemonRequest } from '../types.ts';
import { Redactor } from './redactor.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Takes out of texts what a session was given in secret: tokens, passwords in URLs, headers for git. Credentials that
 * its configuration names are added when they are found.
 */
export function redactorOf(request: DaemonRequest): Redactor {
  const { credentials, late, config } = request;
  const redactor = new Redactor();
  redactor.add([
    request.control,
    request.secret,
    ...(credentials.forge === undefined ? [] : [credentials.forge.token]),
    ...(late?.token === undefined ? [] : [late.token]),
    // With a configuration that is read later, most of them are nobody's business.
    ...(late === undefined ? Object.values(credentials.variables) : []),
    ...tokensIn(request.auditEnv, request.audit?.tokenEnv),
    ...tokensIn(request.cacheEnv),
    ...storeSecrets(request),
    ...gitSecrets(request.gitEnv),
    ...Object.values(request.env).flatMap(value => secretsInUrls(value ?? '')),
    ...config.proxy.upstream.flatMap(one => secretsInUrls(typeof one === 'string' ? one : one.url)),
    ...secretsInUrls(request.go?.GOPROXY ?? ''),
  ]);
  return redactor;
}

/** Shorter values of variables whose names sound secret are words like `true`. */
const MIN_BY_NAME = 6;
/** Settings of the runner, of git and of an action, but for those among them that are secret by the rest of their name. */
const SETTING = /^(?:ACTIONS|GIT_CONFIG|INPUT)_(?!.*(?:TOKEN|PASSWORD|SECRET))/i;

/** What an environment holds that is secret by its name or looks. */
export function secretsOfEnv(env: Env, isSecret: (name: string) => boolean): string[] {
  const named = Object.entries(env).flatMap(([name, value = '']) =>
    value.length >= MIN_BY_NAME && isSecret(name) && !SETTING.test(name) ? [value] : [],
  );
  return [...named, ...gitSecrets(env), ...Object.values(env).flatMap(value => secretsInUrls(value ?? ''))];
}

/** The same as `redactorOf` for a step that ends a session, and for whoever has no session. */
export function redactorOfEnv(env: Env, isSecret: (name: string) => boolean, ...more: string[]): Redactor {
  const redactor = new Redactor();
  redactor.add([...more, ...secretsOfEnv(env, isSecret)]);
  return redactor;
}

/** A shorter user without a password is a name, like that of `https://git@git.example.com`, and stands in other words. */
const MIN_TOKEN = 12;

/** User information in the URLs of a text, as far as it may be secret. */
export function secretsInUrls(text: string): string[] {
  return credentialsIn(text).filter(
    part => part.length >= MIN_TOKEN || part.includes(':') || !text.includes(`//${part}@`),
  );
}

/** Values of variables that hold a token by their name. */
function tokensIn(env: Env, ...more: readonly (string | undefined)[]): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value && (/TOKEN/i.test(name) || more.includes(name)) ? [value] : [],
  );
}

/** Credentials in settings of git from the environment: in URLs, and in headers that it is to send. */
export function gitSecrets(env: Env): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (!/^GIT_CONFIG_(?:(?:KEY|VALUE)_\d+|PARAMETERS)$/.test(name)) return [];
    const headers = [...value.matchAll(/authorization:\s*(?:basic|bearer)\s+([^\s'"]+)/gi)];
    return [
      ...secretsInUrls(value),
      ...headers.flatMap(([, token = '']) => [
        token,
        Buffer.from(token, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      ]),
    ];
  });
}
