import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK, until } from '../../../examples/cafe-inventory/local/loopback';

/** The calls that a rule is for. */
export interface Calls {
  /** As signatures name it: sns, dynamodb, s3, sts, states, lambda. */
  readonly service: string;
  /** Its name, for instance Publish; of S3 and Lambda, whose protocol has none, the method. */
  readonly operation: string;
  /** What path and body must hold. */
  readonly about?: readonly string[];
  /** So many of them; default: all. */
  readonly times?: number;
}

export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly protocol: 'json' | 'query' | 'rest';
  /** Path and body, or the values of a form. */
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The connection ends before all of the body is there. */
  readonly cutShort?: boolean;
}

/** What happens to a call: its answer, or none at all. */
export type Action = (call: Call, forward: () => Promise<Answer>) => Promise<Answer | undefined>;

/** The service says no, in the words of its protocol. */
export const refused = (status: number, code: string, message = 'said the proxy'): Action => async call => errorOf(call, status, code, message);

/** The call does not reach the service. */
export const unreached: Action = async () => undefined;

/** The service has done what was asked, and nobody hears of it. */
export const answerLost: Action = async (_, forward) => {
  await forward();
  return undefined;
};

/** Half of the answer arrives. */
export const cutShort: Action = async (_, forward) => {
  const answer = await forward();
  return { ...answer, body: answer.body.subarray(0, answer.body.length / 2), cutShort: true };
};

/** Nothing happens to the call, but there must be one. */
export const passes: Action = async (_, forward) => forward();

/** Something else happens first. */
export const after = (work: () => Promise<unknown>): Action => async (_, forward) => {
  await work();
  return forward();
};

/** Something else happens while the answer is under way. */
export const followedBy = (work: () => Promise<unknown>): Action => async (_, forward) => {
  const answer = await forward();
  await work();
  return answer;
};

export const late = (milliseconds: number) => after(() => sleep(milliseconds));

/** A rule of the proxy, which counts the calls that it met. */
export class Rule {
  public met = 0;
  private ended = false;

  public constructor(private readonly calls: Calls, public readonly action: Action) {}

  public end(): void {
    this.ended = true;
  }

  /** The fault has happened, as often as it was to. */
  public get isSpent(): boolean {
    return this.met >= (this.calls.times ?? 1);
  }

  public toString(): string {
    return `${this.calls.service} ${this.calls.operation}`;
  }

  public async untilMet(count: number): Promise<void> {
    await until(`${count} calls of ${this}`, 60, () => this.met >= count || undefined);
  }

  public isFor({ service, operation, text }: Call): boolean {
    const { about = [], times = Infinity } = this.calls;
    return !this.ended && this.met < times
      && service === this.calls.service && operation === this.calls.operation && about.every(part => text.includes(part));
  }
}

/** What stands between the functions of a pipeline and the emulator, and lets faults happen there. */
export class FaultProxy {
  public static async open(endpoint: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(endpoint);
    const server = createServer((incoming, outgoing) => void proxy.pass(incoming, outgoing));
    server.keepAliveTimeout = 0; // a connection that it closed by itself would be a fault that nobody has asked for
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    proxy.address = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
    return proxy;
  }

  public address = '';

  private readonly rules: Rule[] = [];
  /** When something was last the subject of a call. */
  private readonly lastCalls = new Map<string, number>();
  private readonly connections = new Agent({ keepAlive: false });

  private constructor(private readonly endpoint: string) {}

  public when(calls: Calls, action: Action): Rule {
    const rule = new Rule(calls, action);
    this.rules.push(rule);
    return rule;
  }

  /** From now on it is noted when calls are about this. */
  public watch(subject: string): void {
    this.lastCalls.set(subject, Date.now());
  }

  /** Waits until there was no call about any of these for so long. */
  public async quiet(subjects: string[], milliseconds: number): Promise<void> {
    for (;;) {
      const rest = Math.max(...subjects.map(subject => this.lastCalls.get(subject)!)) + milliseconds - Date.now();
      if (rest <= 0) return;
      await sleep(rest);
    }
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const body = Buffer.concat(await incoming.toArray());
      const call = callOf(incoming, body);
      for (const subject of this.lastCalls.keys()) {
        if (call.text.includes(subject)) this.watch(subject);
      }
      const rule = this.rules.find(each => each.isFor(call));
      const forward = async () => this.forward(incoming, body);
      if (rule) rule.met++;
      const answer = await (rule ? rule.action(call, forward) : forward());
      if (answer) {
        outgoing.writeHead(answer.status, answer.headers).write(answer.body, () => answer.cutShort ? outgoing.destroy() : outgoing.end());
      } else {
        incoming.socket.destroy();
      }
    } catch (error) {
      incoming.socket.destroy(error as Error);
    }
  }

  private async forward({ method, url, headers: { expect, 'transfer-encoding': chunked, ...headers } }: IncomingMessage, body: Buffer): Promise<Answer> {
    const onward = request(`${this.endpoint}${url}`, { method, headers: { ...headers, 'content-length': body.length }, agent: this.connections });
    onward.end(body);
    const [answer] = await once(onward, 'response') as [IncomingMessage];
    const { connection, 'transfer-encoding': answerChunked, ...kept } = answer.headers;
    return { status: answer.statusCode!, headers: kept, body: Buffer.concat(await answer.toArray()) };
  }
}

function callOf({ method, url = '', headers }: IncomingMessage, body: Buffer): Call {
  const text = `${url}\n${body.toString()}`;
  // Who signs says for which service, in the header or in the query.
  const [, service = ''] = /Credential=[^,&]*?\/\d{8}\/[^/]+\/(\w+)\/aws4_request/.exec(`${headers.authorization}&${decodeURIComponent(url)}`) ?? [];
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    return { service, operation: target.split('.')[1], protocol: 'json', text };
  }
  const form = new URLSearchParams(headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? body.toString() : '');
  const action = form.get('Action');
  return action
    ? { service, operation: action, protocol: 'query', text: [...form.values()].join('\n') }
    : { service, operation: method!, protocol: 'rest', text };
}

function errorOf({ service, protocol }: Call, status: number, code: string, message: string): Answer {
  const answer = (type: string, body: string, headers = {}) => ({
    status, headers: { ...headers, 'content-type': type, 'content-length': `${Buffer.byteLength(body)}` }, body: Buffer.from(body),
  });
  const xml = `<Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  switch (protocol) {
    case 'query': return answer('text/xml', `<ErrorResponse>${xml}<RequestId>0</RequestId></ErrorResponse>`);
    case 'json': return answer('application/x-amz-json-1.0', JSON.stringify({ __type: code, message }));
    default: return service === 's3' ? answer('application/xml', xml) : answer('application/json', JSON.stringify({ message }), { 'x-amzn-errortype': code });
  }
}
