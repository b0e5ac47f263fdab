import type { Socket } from 'node:net';
import type { FastifyContextConfig, FastifyReply, FastifyRequest, preValidationHookHandler } from 'fastify';
import type { AccessControl, Proof } from '../identity/access-control.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { authorise, type Principal } from '../identity/principal.ts';
import type { RateDecision } from '../identity/rate-limiter.ts';
import type { Connections } from './connections.ts';
import type { PreparedResponse } from './prepared-response.ts';
import type { Problem } from './problems.ts';
import { proofOf, type RequestParts } from './proof.ts';
import { problemOfAccess, rateLines, readJson } from './request-problems.ts';
import { readTexts } from './validation.ts';

/** Who may ask, and how often: what the door needs of identity. */
export type HttpAccess = Pick<AccessControl, 'prove' | 'charge'>;

/** What every request passes before its handler: who is it, how often may it ask, may it do this? */
export class RequestGate {
  declare private readonly access: HttpAccess;
  declare private readonly open: Connections;
  /** The header of a connection's last request that brought a token, and what it is: most bring the same again. */
  declare private readonly lastProofs: WeakMap<
    Socket,
    { readonly authorization: string; readonly proof: Proof }
  >;

  constructor(access: HttpAccess, open: Connections) {
    this.access = access;
    this.open = open;
    this.lastProofs = new WeakMap();
  }

  /** The gate of a route: its hook ends with a Problem for what does not pass. Waits where a token is new here. */
  of(config: FastifyContextConfig): preValidationHookHandler {
    return (request, reply, done) => this.#prove(config, request, reply, done);
  }

  #prove(
    config: FastifyContextConfig,
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ): void {
    const { socket, method = '', url: target = '', headers } = request.raw;
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
    let problem: Error | undefined;
    try {
      const proof = this.#proofOf(config, reply, socket, { method, target, headers, body });
      const proven = this.access.prove(proof, socket.remoteAddress, config.weight);
      if (proven instanceof Promise) {
        proven.then((late) => this.#admit(config, request, reply, body, late)).then(() => done(), done);
        return;
      }
      this.#admit(config, request, reply, body, proven);
    } catch (error) {
      problem = error as Error;
    }
    done(problem);
  }

  /** What it brings to prove who it is. What has no form of a proof says nobody, and counts as that. @throws Problem */
  #proofOf(
    { weight = 1 }: FastifyContextConfig,
    reply: FastifyReply,
    socket: Socket,
    parts: RequestParts,
  ): Proof {
    const { authorization } = parts.headers;
    const last = this.lastProofs.get(socket);
    if (authorization !== undefined && last?.authorization === authorization) return last.proof;
    try {
      const proof = proofOf(parts);
      if (authorization !== undefined && proof.kind === 'token')
        this.lastProofs.set(socket, { authorization, proof });
      return proof;
    } catch (error) {
      this.#charge(undefined, reply, socket, weight);
      throw error;
    }
  }

  /** @throws Problem for one request too many */
  #charge(
    proven: Principal | AccessRefusal | undefined,
    reply: FastifyReply,
    socket: Socket,
    weight: number,
  ): void {
    const rate = this.#take(proven, reply, socket, weight);
    if (rate.allowed) return;
    if (this.open.overRate(socket)) reply.header('connection', 'close');
    throw rateProblem(rate);
  }

  #take(
    proven: Principal | AccessRefusal | undefined,
    reply: FastifyReply,
    socket: Socket,
    weight: number,
  ): RateDecision {
    const rate = this.access.charge(proven, socket.remoteAddress, weight);
    reply.request.isCharged = true;
    (reply.raw as PreparedResponse).lines += rateLines(rate);
    return rate;
  }

  /**
   * What a request is told that ends with `problem`. One that did not come as far as this gate is charged here, as what says nobody: for one too many
   * its connection ends, because its body may not have been read.
   */
  ended(request: FastifyRequest, reply: FastifyReply, problem: Problem): Problem {
    if (request.isCharged) return problem;
    const rate = this.#take(undefined, reply, request.raw.socket, 1);
    if (rate.allowed) return problem;
    reply.header('connection', 'close');
    return rateProblem(rate);
  }

  /** How often may it ask, may it do this: in this order. Then the texts and the body are read. @throws Problem */
  #admit(
    { access = 'anybody', weight = 1, params, query }: FastifyContextConfig,
    request: FastifyRequest,
    reply: FastifyReply,
    body: Uint8Array,
    proven: Principal | AccessRefusal | undefined,
  ): void {
    const { socket } = request.raw;
    // Before anything is refused: the line of the log says who that was.
    if (!(proven instanceof AccessRefusal)) request.principal = proven;
    this.#charge(proven, reply, socket, weight);
    if (proven instanceof AccessRefusal) throw problemOfAccess(proven);
    const refusal = access === 'anybody' ? undefined : authorise(proven, access.action);
    if (refusal !== undefined) throw problemOfAccess(refusal);
    if (proven !== undefined) this.open.admit(socket);
    if (query !== undefined) request.query = readTexts(query, request.query as Record<string, unknown>);
    if (params !== undefined) request.params = readTexts(params, request.params as Record<string, unknown>);
    if (request.body !== undefined) request.body = readJson(body);
  }
}

function rateProblem({ retryAfterMs }: RateDecision): Problem {
  return problemOfAccess(new AccessRefusal('RATE_LIMITED', retryAfterMs));
}
