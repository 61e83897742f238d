import type { AuditFinding, Batch, Receipt, Request } from '../audit/record.ts';
import { cleanKey, cleanText } from './clean.ts';
import { jobFacts } from './job-facts.ts';
import type { BatchFacts, Denial, ModuleUse } from './types.ts';

const MAX_TEXT = 2048;
/** Go 1.11, the first with modules: no record is older, but clocks of fresh machines are. */
const FIRST_MODULES = Date.parse('2018-08-24T00:00:00.000Z');

/**
 * What the index keeps of a raw object. Pure, and total over everything that `unpackRaw` lets through, so that an index
 * made anew equals the one that grew. Texts come out fit for any database and any terminal.
 */
export function factsOf(receipt: Receipt, batch: Batch, rawKey: string): BatchFacts {
  const { header, footer, requests } = batch;
  const received = Date.parse(receipt.received);
  const clock = clockOf(header.clock.server_offset_ms, received);
  return {
    digest: batch.digest,
    rawKey,
    job: jobFacts(header),
    inst: header.inst,
    no: header.batch,
    prev: header.prev ?? undefined,
    phase: header.phase,
    assurance: receipt.assurance,
    writer: cleanText(receipt.writer, 128),
    received,
    sealed: clock(header.clock.wall),
    firstSeq: footer.first_seq,
    lastSeq: footer.last_seq,
    records: requests.length,
    dropped: footer.dropped,
    modules: modulesOf(batch, clock),
    denials: requests.filter(isDenial).map(request => denialOf(request, clock)),
    findings: footer.findings.map(cleanFinding),
    hasInventory: batch.inventories.some(({ phase }) => phase === 'end'),
  };
}

type Clock = (time: string) => number;

/**
 * Turns a writer's time into ms since 1970 by the store's clock, as far as the writer knew it. A time after the batch
 * was received, or before there were modules, is of a wrong clock: the batch was received at the latest.
 */
export function clockOf(offset: number | undefined, received: number): Clock {
  return time => {
    const told = Date.parse(time) + (offset ?? 0);
    return told >= FIRST_MODULES && told <= received ? told : received;
  };
}

/** Code came in: a zip went out whole. A HEAD, a client that left and a refusal bring nothing. */
function broughtCode({ op, status, decision, bytes }: Request): boolean {
  return (op === 'zip' || op === 'toolchain') && status === 200 && decision !== 'deny' && bytes > 0;
}

/** Something was refused; a path that is no module was only tried, as go does with every prefix of an import path. */
export function isDenial({ decision, probe }: Request): boolean {
  return decision === 'deny' && probe !== true;
}

function modulesOf({ requests, inventories }: Batch, clock: Clock): readonly ModuleUse[] {
  const code = new Map<string, ModuleUse>();
  const looks = new Map<string, ModuleUse>();
  const inCode = new Set<string>();
  const add = (uses: Map<string, ModuleUse>, key: string, use: ModuleUse) => {
    const before = uses.get(key);
    if (before === undefined) uses.set(key, use);
    else if (use.time < before.time) {
      // Requests are gone through before inventories.
      const { unasked: _, ...rest } = use;
      uses.set(key, before.unasked === true ? use : rest);
    }
  };
  const addCode = (module: string, version: string, h1: string, time: number, more?: { unasked: true }) => {
    inCode.add(`${module}@${version}`);
    add(code, `${module}@${version} ${h1}`, { module, version, h1, code: true, time, ...more });
  };
  for (const request of requests) {
    if (request.module === undefined || request.probe === true) continue;
    const module = cleanKey(request.module);
    const version = cleanKey(request.version ?? '');
    const time = clock(request.t);
    if (version !== '' && broughtCode(request)) addCode(module, version, request.h1 ?? '', time);
    else add(looks, `${module}@${version}`, { module, version, h1: '', code: false, time });
  }
  // A look-up gives way to the code of the same version, and is a request all the same.
  const unasked = (module: string, version: string) =>
    looks.has(`${module}@${version}`) ? undefined : ({ unasked: true } as const);
  const atEnd = inventories.filter(({ phase }) => phase === 'end');
  for (const { members, t } of atEnd) {
    const time = clock(t);
    for (const member of members) {
      const space = member.indexOf(' ', member.indexOf('@'));
      const [module, version] = split(member.slice(0, space));
      addCode(module, version, member.slice(space + 1), time, unasked(module, version));
    }
  }
  for (const { vendored = [], t } of atEnd) {
    for (const name of vendored) {
      const [module, version] = split(name);
      if (module === '' || version === '' || inCode.has(`${module}@${version}`)) continue;
      addCode(module, version, '', clock(t), unasked(module, version));
    }
  }
  const looked = [...looks].filter(([key]) => !inCode.has(key)).map(([, use]) => use);
  return [...code.values(), ...looked];
}

/** Module and version of `module@version`. */
function split(name: string): [module: string, version: string] {
  const at = name.indexOf('@');
  return at < 0 ? ['', ''] : [cleanKey(name.slice(0, at)), cleanKey(name.slice(at + 1))];
}

function denialOf(request: Request, clock: Clock): Denial {
  return {
    seq: request.seq,
    time: clock(request.t),
    op: request.op,
    module: cleanKey(request.module ?? ''),
    version: cleanKey(request.version ?? request.query ?? ''),
    rule: cleanText(request.rule ?? '', 128),
    reason: cleanText(request.reason ?? '', MAX_TEXT),
  };
}

function cleanFinding({ rule, level, module, version, message }: AuditFinding): AuditFinding {
  return {
    rule: cleanText(rule, 128),
    level,
    ...(module === undefined ? {} : { module: cleanKey(module) }),
    ...(version === undefined ? {} : { version: cleanKey(version) }),
    message: cleanText(message, MAX_TEXT),
  };
}
