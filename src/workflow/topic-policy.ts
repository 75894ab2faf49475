import { Annotations, Aspects, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { printed } from './imported-policy';

/**
 * Warns of a topic to which anybody may publish, whose subscribers could be sent links that are not the pipeline's, and of one that takes
 * messages in clear text, as far as the app knows its policy.
 *
 * Nothing is added to the policy here: a topic that had none would no longer permit what SNS permits by default, alarms of the app for instance.
 */
export function warnOfTopicPolicy(scope: Construct, prop: string, topic: sns.ITopic, policiesInPlace: boolean): void {
  const warn = (id: string, text: string) => Annotations.of(scope).addWarningV2(`cdk-scheduled-report-pipeline:${id}-${prop}`, text);
  // Once the app is made: statements may be added to the policy until then.
  Aspects.of(scope).add({
    visit: node => {
      if (node !== scope) {
        return;
      }
      const statements = statementsOf(topic);
      if (statements.some(isOpen)) {
        warn('open', `${prop} ${topic.node.path} lets anybody publish, so that its subscribers may be sent what is not of this report: `
          + 'name the principals in the policy of the topic, or remove the statement');
      }
      if (!statements.some(isTlsOnly)) {
        if (Resource.isOwnedResource(topic)) {
          warn('clear-text', `${prop} ${topic.node.path} takes messages in clear text: make it with enforceSSL: true`);
        } else if (!policiesInPlace) {
          warn('clear-text', `${prop} is imported, and whether it takes messages in clear text is not known here: have this statement in its policy and set `
            + `policiesInPlace to true: ${printed(tlsOnly(topic), scope)}`);
        }
      }
    },
  });
}

/** What the policies of the app say that a topic has. */
function statementsOf(topic: sns.ITopic): any[] {
  const stack = Stack.of(topic);
  const arn = JSON.stringify(stack.resolve(topic.topicArn));
  const policies = stack.node.findAll().filter(child => child instanceof sns.CfnTopicPolicy);
  return policies.filter(({ topics }) => [stack.resolve(topics)].flat().some(each => JSON.stringify(each) === arn))
    .flatMap(({ policyDocument }) => stack.resolve(policyDocument)?.Statement ?? []);
}

function isOpen({ Effect, Principal, Action, Condition }: any): boolean {
  return Effect === 'Allow' && Condition === undefined && isAnybody(Principal) && isPublish(Action);
}

function isTlsOnly({ Effect, Principal, Action, Condition }: any): boolean {
  return Effect === 'Deny' && `${Condition?.Bool?.['aws:SecureTransport']}` === 'false' && isAnybody(Principal) && isPublish(Action);
}

const isAnybody = (principal: any) => [principal, principal?.AWS].flat().includes('*');
const isPublish = (action: any) => [action].flat().some(each => /^(\*|sns:\*|sns:Publish)$/i.test(each));

function tlsOnly({ topicArn }: sns.ITopic): iam.PolicyStatement {
  return new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['sns:Publish'],
    resources: [topicArn],
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  });
}
