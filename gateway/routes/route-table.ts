// The route table: built once from a config, then asked once a request. Hosts are looked up by hash, paths in one
// find-my-way tree a method, so that a method that a pattern does not take falls through to a less specific pattern.

import Router from 'find-my-way';

import { CodedError } from '../../runtime/errors.ts';
import { HttpError } from '../errors.ts';
import { normalisePath } from './normalise-path.ts';

/** What the table reads of a route. */
export interface RouteDefinition {
  /** Begins with a slash; a segment is literal, `:name`, or, as the last one, `*`. Case and a trailing slash count. */
  readonly path: string;
  /** Upper case; null: any method. */
  readonly methods: readonly string[] | null;
  /** Lower case, without port: `shop.example`, or `*.example.com` for one or more labels before it; null: any host. */
  readonly host: string | null;
}

export interface RouteMatch<Route extends RouteDefinition = RouteDefinition> {
  readonly route: Route;
  /** Decoded; without prototype. The rest that a `*` stands for is under `*`. */
  readonly params: Readonly<Record<string, string>>;
  /** The method to serve: GET for a HEAD request that a GET route takes, else the client's. */
  readonly method: string;
}

interface Target<Route> {
  readonly route: Route;
  /** Null: as the client sent it. */
  readonly servedMethod: string | null;
}

const NO_HANDLER = (): void => undefined;
/** Shown for a route of any method, where a list is needed. */
const COMMON_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** The routes of one host, or those of no host. */
class HostRoutes<Route extends RouteDefinition> {
  readonly #byMethod = new Map<string, PathTree<Route>>();
  /** For methods that no route of this host names. */
  readonly #otherMethods: PathTree<Route>;

  constructor(routes: readonly Route[]) {
    const named = new Set(routes.flatMap((route) => route.methods ?? []));
    if (named.has('GET')) named.add('HEAD');
    const anyMethod = routes.filter((route) => route.methods === null);
    for (const method of named) {
      const tree = new PathTree<Route>();
      // A route that names the method is more specific than one of any method, and HEAD follows GET (RFC 9110, 9.3.2).
      tree.addAll(
        routes.filter((route) => route.methods?.includes(method)),
        null,
      );
      if (method === 'HEAD')
        tree.addAll(
          routes.filter((route) => route.methods?.includes('GET')),
          'GET',
        );
      tree.addAll(anyMethod, null);
      this.#byMethod.set(method, tree);
    }
    this.#otherMethods = new PathTree<Route>();
    this.#otherMethods.addAll(anyMethod, null);
  }

  match(method: string, path: string): RouteMatch<Route> | undefined {
    return (this.#byMethod.get(method) ?? this.#otherMethods).match(method, path);
  }

  methodsOf(path: string): string[] {
    return [...this.#byMethod].filter(([method, tree]) => tree.match(method, path)).map(([method]) => method);
  }
}

/** The patterns that one method may match. */
class PathTree<Route extends RouteDefinition> {
  // No parameter can be longer than the request line, which the listener limits.
  readonly #router = Router({ maxParamLength: Number.MAX_SAFE_INTEGER });
  readonly #shapes = new Map<string, number>();
  #rank = 0;

  /** Adds routes of one rank: where an earlier rank has a pattern of the same shape, that one stays. */
  addAll(routes: readonly Route[], servedMethod: string | null): void {
    this.#rank++;
    for (const route of routes) {
      const shape = route.path.replaceAll(/:[^/]+/g, ':');
      const rank = this.#shapes.get(shape);
      if (rank === this.#rank) {
        throw new CodedError(
          'ERR_ROUTE_CONFLICT',
          `two routes match "${route.path}" with the same host and method; remove one of them`,
          { path: route.path, host: route.host },
        );
      }
      if (rank !== undefined) continue;
      this.#shapes.set(shape, this.#rank);
      const target: Target<Route> = { route, servedMethod };
      this.#router.on('GET', opaque(normalisePath(route.path)), NO_HANDLER, target);
    }
  }

  match(method: string, path: string): RouteMatch<Route> | undefined {
    const isPlain = !path.includes('%');
    const found = this.#router.find('GET', isPlain ? path : opaque(path));
    if (found === null) return undefined;
    const { route, servedMethod }: Target<Route> = found.store;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a pattern that matched has a value for each of its parameters
    const params = found.params as Record<string, string>;
    if (!isPlain) decodeAll(params);
    return { route, params, method: servedMethod ?? method };
  }
}

/**
 * Hides percent escapes from the router, by a character that no normal path has. It would decode some escapes before it
 * matches and others after, so that `/a%2525` and `/a%25` could be mixed up; we match on the normal form itself.
 */
function opaque(path: string): string {
  return path.replaceAll('%', '\0');
}

function decodeAll(params: Record<string, string>): void {
  for (const name in params) {
    const value = params[name]!;
    if (!value.includes('\0')) continue;
    try {
      params[name] = decodeURIComponent(value.replaceAll('\0', '%'));
    } catch (cause) {
      throw new HttpError('ERR_REQUEST_MALFORMED', 'the path has escapes that are not UTF-8; encode it as UTF-8', {
        cause,
      });
    }
  }
}

/** See {@link buildRouteTable}. */
export class RouteTable<Route extends RouteDefinition> {
  readonly #routes: readonly Route[];
  readonly #general: HostRoutes<Route>;
  readonly #exact = new Map<string, HostRoutes<Route>>();
  /** By what follows the star: `.example.com`. */
  readonly #suffixes = new Map<string, HostRoutes<Route>>();

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    this.#general = new HostRoutes(routes.filter((route) => route.host === null));
    for (const [host, ofHost] of Map.groupBy(routes, (route) => route.host)) {
      if (host === null) continue;
      if (host.startsWith('*.')) this.#suffixes.set(host.slice(1), new HostRoutes(ofHost));
      else this.#exact.set(host, new HostRoutes(ofHost));
    }
  }

  /**
   * The most specific route that takes the request: by host (exact, longest `*.` suffix, none), then by path (literal,
   * parameter, `*`); a host or pattern that does not take the method does not hide a less specific one. Called once a
   * request.
   * @param host lower case; a port and a trailing dot are ignored.
   * @param path in normal form, see `normalisePath`.
   * @throws HttpError ERR_REQUEST_MALFORMED if a parameter is not UTF-8.
   */
  match(host: string, method: string, path: string): RouteMatch<Route> | undefined {
    if (this.#exact.size > 0 || this.#suffixes.size > 0) {
      for (const routes of this.#ofHost(host)) {
        const match = routes.match(method, path);
        if (match !== undefined) return match;
      }
    }
    return this.#general.match(method, path);
  }

  /**
   * The methods with which {@link match} would find a route, sorted, with OPTIONS, which the gateway answers itself; empty
   * if there is none. Called only when nothing matched.
   */
  allowedMethods(host: string, path: string): string[] {
    const methods = new Set([...this.#ofHost(host), this.#general].flatMap((routes) => routes.methodsOf(path)));
    if (methods.size > 0) methods.add('OPTIONS');
    return [...methods].sort();
  }

  /** The methods that any route takes, sorted: the answer to `OPTIONS *`. */
  allMethods(): string[] {
    const methods = new Set(this.#routes.flatMap((route) => route.methods ?? COMMON_METHODS));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods.add('OPTIONS')].sort();
  }

  /** Every route, in the order of the config. */
  list(): readonly Route[] {
    return this.#routes;
  }

  /** Hosts from the most specific on, without the routes of no host. */
  *#ofHost(hostAndPort: string): Generator<HostRoutes<Route>> {
    const host = hostName(hostAndPort);
    const exact = this.#exact.get(host);
    if (exact !== undefined) yield exact;
    if (this.#suffixes.size === 0) return;
    // From index 1: `*.` stands for at least one label.
    for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const routes = this.#suffixes.get(host.slice(dot));
      if (routes !== undefined) yield routes;
    }
  }
}

/**
 * Builds the route table of a config.
 * @throws CodedError ERR_ROUTE_CONFLICT if two routes match the same requests with equal precedence.
 */
export function buildRouteTable<Route extends RouteDefinition>(routes: readonly Route[]): RouteTable<Route> {
  return new RouteTable(routes);
}

/** The host without port and trailing dot, which is the same name (RFC 1034, section 3.1). */
function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  let end = colon > host.lastIndexOf(']') ? colon : host.length;
  if (host.charCodeAt(end - 1) === 0x2e) end--;
  return host.slice(0, end);
}
