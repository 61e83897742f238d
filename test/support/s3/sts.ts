import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Keys } from './signature.ts';

/** Credentials of a role's session. */
export interface Session extends Keys {
  readonly sessionToken: string;
  readonly expiration: Date;
  /** Whether the service takes them for ended, whatever they say themselves. */
  revoked: boolean;
}

/** What is given for an identity: credentials that live this long, or a refusal with its name and status. */
export type Decision = { readonly livesMs: number } | { readonly status: number; readonly code: string };

/** Gives credentials for web identities, as AWS STS does with AssumeRoleWithWebIdentity. No free program does that. */
export interface Sts extends AsyncDisposable {
  readonly endpoint: string;
  /** Parameters of each request, in order. */
  readonly asked: readonly Readonly<Record<string, string>>[];
  /** All that was given, in order. `startFaults` lets these in. */
  readonly sessions: readonly Session[];
  /** Decides what is given from now on; until then everybody gets an hour. */
  answer(by: (asked: Readonly<Record<string, string>>) => Decision): void;
}

export async function startSts(): Promise<Sts> {
  const asked: Record<string, string>[] = [];
  const sessions: Session[] = [];
  let decide: (asked: Readonly<Record<string, string>>) => Decision = () => ({ livesMs: 3_600_000 });
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) body += chunk;
    const parameters = Object.fromEntries(new URLSearchParams(body));
    asked.push(parameters);
    const decision =
      req.method === 'POST' && parameters.Action === 'AssumeRoleWithWebIdentity'
        ? decide(parameters)
        : { status: 400, code: 'InvalidAction' };
    res.writeHead('code' in decision ? decision.status : 200, { 'content-type': 'text/xml' });
    if ('code' in decision) return void res.end(refusal(decision.code));
    const session: Session = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(20).toString('hex'),
      sessionToken: randomBytes(20).toString('hex'),
      expiration: new Date(Date.now() + decision.livesMs),
      revoked: false,
    };
    sessions.push(session);
    res.end(grant(session, parameters.RoleArn ?? ''));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sessions,
    answer: by => {
      decide = by;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

function refusal(code: string): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

function grant({ accessKeyId, secretAccessKey, sessionToken, expiration }: Session, role: string): string {
  const name = 'AssumeRoleWithWebIdentity';
  return (
    `<${name}Response xmlns="${NAMESPACE}"><${name}Result><SubjectFromWebIdentityToken>s</SubjectFromWebIdentityToken>` +
    `<AssumedRoleUser><Arn>${role}/modgate</Arn><AssumedRoleId>A:modgate</AssumedRoleId></AssumedRoleUser><Credentials>` +
    `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
    `<SessionToken>${sessionToken}</SessionToken><Expiration>${expiration.toISOString()}</Expiration></Credentials>` +
    `</${name}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${name}Response>`
  );
}
