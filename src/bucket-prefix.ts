import { Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './workflow/acknowledge';
import { grantKey } from './workflow/encryption';

/**
 * A part of a bucket, and exact permissions for it.
 *
 * Strategies get the prefixes that are theirs, and grant their functions what these need.
 */
export class BucketPrefix {
  /**
   * @param bucket The bucket.
   * @param prefix The prefix of the keys, with a slash at its end.
   */
  public constructor(public readonly bucket: s3.IBucket, public readonly prefix: string) {}

  /** The ARN pattern of the objects. */
  public get objectsArn(): string {
    return this.bucket.arnForObjects(`${this.prefix}*`);
  }

  /**
   * Lets a principal read objects whose keys it knows; it can not list them.
   *
   * @param grantee The principal.
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    const reader = this.seenFromHere(grantee);
    this.bucket.encryptionKey?.grant(reader, 'kms:Decrypt');
    return this.grant(reader, READ);
  }

  /**
   * Lets a principal write objects, in several parts and abort them, too.
   *
   * @param grantee The principal.
   */
  public grantWrite(grantee: iam.IGrantable): iam.Grant {
    const writer = this.seenFromHere(grantee);
    // Completing a multipart upload decrypts its parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
    grantKey(this.bucket.encryptionKey, writer);
    return this.grant(writer, WRITE);
  }

  /**
   * Lets a principal list objects and delete them; it can not read them.
   *
   * @param grantee The principal.
   */
  public grantErase(grantee: iam.IGrantable): iam.Grant {
    const eraser = this.seenFromHere(grantee);
    return this.grant(eraser, ['s3:DeleteObject']).combine(iam.Grant.addToPrincipal({
      grantee: eraser,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${this.prefix}*` } },
    }));
  }

  /** @internal */
  public _readStatement(): iam.PolicyStatement {
    return new iam.PolicyStatement({ actions: READ, resources: [this.objectsArn] });
  }

  /** @internal */
  public _writeStatement(): iam.PolicyStatement {
    return new iam.PolicyStatement({ actions: WRITE, resources: [this.objectsArn] });
  }

  private grant(grantee: iam.IGrantable, actions: string[]): iam.Grant {
    const { grantPrincipal } = grantee;
    if (Construct.isConstruct(grantPrincipal)) {
      acknowledgeWildcard(grantPrincipal, this.objectsArn, 'Each run has a folder of its own under the prefix, and its name is not known before the run.');
    }
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.objectsArn] });
  }

  /**
   * The principal, with policies in the stack of the bucket. A policy in another stack would make that stack depend on this one,
   * which depends on it for the function whose role it is.
   */
  private seenFromHere(grantee: iam.IGrantable): iam.IGrantable {
    const { grantPrincipal } = grantee;
    if (!(grantPrincipal instanceof iam.Role) || Stack.of(grantPrincipal) === Stack.of(this.bucket)) {
      return grantee;
    }
    const id = `Access${Names.nodeUniqueId(grantPrincipal.node)}`;
    return this.bucket.node.tryFindChild(id) as iam.IRole | undefined ?? iam.Role.fromRoleName(this.bucket, id, grantPrincipal.roleName);
  }
}

const READ = ['s3:GetObject'];
const WRITE = ['s3:PutObject', 's3:AbortMultipartUpload'];
