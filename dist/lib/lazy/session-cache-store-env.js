export { hasBucket, storeEnv, storeSecrets, withoutStoreEnv } from "../session.js";
