import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { linkEvent, openEvent } from './support/runs';
import { handler as mint } from '../../src/handlers/mint-link.lambda';
import { handler as openLink } from '../../src/handlers/open-report.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { handler as presign } from '../../src/handlers/presign.lambda';
import { handler as api } from '../../src/handlers/report-api.lambda';
import { LinkEvent, LinksToSend } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const sts = mockClient(STSClient);
captureLogs();

const MADE_AT = '2026-11-21T06:00:00.000Z';

/** S3: whether a URL opens at that time, for which the session that signed it has to live, and its signature to be young enough for the bucket. */
class Bucket {
  private sessionEndsAt = 0;

  public constructor(private readonly maxSignatureSeconds: number) {}

  /** The next sessions end after so many seconds, or when they were asked to. */
  public sessionsEndAfter(seconds?: number): void {
    sts.on(AssumeRoleCommand).callsFake(({ DurationSeconds }) => {
      this.sessionEndsAt = Date.now() + (seconds ?? DurationSeconds) * 1000;
      return { Credentials: { AccessKeyId: 'ASIASIGNER', SecretAccessKey: SECRET, SessionToken: 'TOKEN', Expiration: new Date(this.sessionEndsAt) } };
    });
  }

  public opens(url: string): boolean {
    const { searchParams } = new URL(url);
    const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get('X-Amz-Date')!)!;
    const age = (Date.now() - Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)) / 1000;
    return age >= 0 && age <= Number(searchParams.get('X-Amz-Expires')) && age <= this.maxSignatureSeconds && Date.now() < this.sessionEndsAt;
  }
}

interface Strategy {
  readonly name: string;
  readonly seconds: number;
  /** How old a signature the bucket takes. */
  readonly signatureSeconds: number;
  /** Makes a link, and says when it expires and whether it opens now. */
  make(event: LinkEvent, bucket: Bucket): Promise<{ expiresAt: string; opens(): Promise<boolean> }>;
}

const presigned = (seconds: number): Strategy => ({
  name: `a presigned link of ${seconds} s`,
  seconds,
  signatureSeconds: seconds,
  make: async (event, bucket) => {
    const { links: [{ expiresAt }] } = await presign(event);
    const { url } = dynamodb.item(event.ledger.pk, `${event.ledger.sk}report.html`)!;
    return { expiresAt, opens: async () => bucket.opens(url) };
  },
});

const onClick = (seconds: number): Strategy => ({
  name: `a link of ${seconds} s that is signed when it is opened`,
  seconds,
  signatureSeconds: 60,
  make: async (event, bucket) => {
    const { links: [{ url, expiresAt }] } = await mint({ ...event, deliver: true }) as LinksToSend;
    const token = url!.slice(url!.lastIndexOf('/') + 1);
    return {
      expiresAt,
      opens: async () => {
        const { statusCode, headers } = await openLink({ httpMethod: 'GET', pathParameters: { token } });
        return statusCode === 302 && bucket.opens(headers!.location as string);
      },
    };
  },
});

const signedIn: Strategy = {
  name: 'a link for who is signed in',
  seconds: 60,
  signatureSeconds: 60,
  make: async (event, bucket) => {
    const { pk } = event.ledger;
    dynamodb.seed({ ...dynamodb.item(pk, 'run')!, requester: 'public', status: 'DELIVERED', files: event.files.map(file => ({ ...file, fileName: file.name })) } as any);
    jest.spyOn(globalThis, 'fetch').mockImplementation(async url => new Response('', { status: bucket.opens(String(url)) ? 206 : 403 }));
    const { body } = await api({ httpMethod: 'GET', resource: '/reports/{id}/link', pathParameters: { id: event.reportId }, requestContext: {} } as any);
    const [{ url, expiresAt }] = JSON.parse(body).links;
    return { expiresAt, opens: async () => bucket.opens(url) };
  },
};

let event: LinkEvent;

beforeEach(async () => {
  setClock(MADE_AT);
  sts.reset();
  event = linkEvent(await openRun(openEvent('a')));
});

async function made({ seconds, signatureSeconds, make }: Strategy, sessionSeconds?: number) {
  process.env.EXPIRES_IN_SECONDS = `${seconds}`;
  const bucket = new Bucket(signatureSeconds);
  bucket.sessionsEndAfter(sessionSeconds);
  const link = await make(event, bucket);
  const opensAt = async (offsetSeconds: number) => {
    setClock(new Date(Date.parse(link.expiresAt) + offsetSeconds * 1000).toISOString());
    return link.opens();
  };
  return { expiresAt: link.expiresAt, opensAt };
}

const after = (seconds: number) => new Date(Date.parse(MADE_AT) + seconds * 1000).toISOString();

describe.each([presigned(1), presigned(60), presigned(3600), onClick(60), onClick(7 * 24 * 3600), signedIn])('$name', strategy => {
  test('expires when it was asked to', async () => {
    expect((await made(strategy)).expiresAt).toBe(after(strategy.seconds));
  });

  test('opens until a second before it says that it expires, and not a second after', async () => {
    const { opensAt } = await made(strategy);

    expect([await opensAt(-1), await opensAt(1)]).toEqual([true, false]);
  });
});

describe.each([presigned(60), presigned(3600), signedIn])('$name, by credentials that are about to expire,', strategy => {
  test.each([10, 59])('says that it expires with them, after %d s, and does', async sessionSeconds => {
    const { expiresAt, opensAt } = await made(strategy, sessionSeconds);

    expect(expiresAt).toBe(after(sessionSeconds));
    expect([await opensAt(-1), await opensAt(1)]).toEqual([true, false]);
  });
});

test('a link that is signed when it is opened does not depend on the credentials by which it was made', async () => {
  const { expiresAt, opensAt } = await made(onClick(3600), 10);

  expect(expiresAt).toBe(after(3600));
  expect([await opensAt(-1), await opensAt(1)]).toEqual([true, false]);
});
