/** User and password of a URL, without percent-encoding. */
export interface UrlLogin {
  readonly username: string;
  readonly password: string;
}

/** What stands in the user information of a URL; undefined where there is none. */
export function loginOf({ username, password }: Pick<URL, 'username' | 'password'>): UrlLogin | undefined {
  if (username === '' && password === '') return undefined;
  return { username: meant(username), password: meant(password) };
}

/** The same as the value of a header `Authorization` or `Proxy-Authorization`. */
export function basicLogin(url: Pick<URL, 'username' | 'password'>): string | undefined {
  const login = loginOf(url);
  if (login === undefined) return undefined;
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

/** What is no percent-encoding stays as it is written. */
function meant(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
