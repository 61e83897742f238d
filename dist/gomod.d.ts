export * from './types/gomod/index.js';
