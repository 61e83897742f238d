import { text } from 'node:stream/consumers';
import { restoreCache, saveCache } from '@actions/cache';
import type { RealCacheRequest } from './real-cache.ts';

const { op, key, restoreKeys = [] } = JSON.parse(await text(process.stdin)) as RealCacheRequest;

let answer: string | undefined;
if (op === 'save') answer = (await saveCache(['store'], key, undefined, true)) >= 0 ? key : undefined;
else answer = await restoreCache(['store'], key, [...restoreKeys], { lookupOnly: op === 'lookup' }, true);
process.stdout.write(`\nANSWER ${answer ?? ''}\n`);
