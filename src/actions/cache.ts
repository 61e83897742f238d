export {
  CACHE_PREFIX,
  type CacheAnswer,
  type CacheProcessOptions,
  type CacheRequest,
  cacheKey,
  lostBy,
  RESTORE_KEYS,
  runCacheProcess,
} from '../platform/cache-process.ts';
export { cacheServiceEnv, cacheUnavailable } from '../platform/cache-service.ts';
