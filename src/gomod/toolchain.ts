/** Go's own releases, as `go` fetches them: a module with one zip for each version and platform. */
export const TOOLCHAIN = 'golang.org/toolchain';
