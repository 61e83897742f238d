/**
 * Node's own HTTP, for every module of ours that needs more of it than types. An `import` of node:http asks for each
 * of its exports, WebSocket among them, and loads Node's copy of undici for that: 40 ms of every process. Asked for
 * this way it does not.
 */
export const { Agent, createServer, request } = process.getBuiltinModule('node:http');
