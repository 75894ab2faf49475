import { Annotations, Aspects, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';

/** Warns of a topic to which anybody may publish: its subscribers could be sent links that are not the pipeline's. */
export function warnOfOpenTopic(scope: IConstruct, prop: string, topic: sns.ITopic): void {
  // Once the app is made: statements may be added to the policy until then.
  Aspects.of(scope).add({
    visit: node => {
      if (node === scope && isOpen(topic)) {
        Annotations.of(scope).addWarningV2(`cdk-scheduled-report-pipeline:open-${prop}`, `${prop} ${topic.node.path} lets anybody publish, `
          + 'so that its subscribers may be sent links that are not of this report: name the principals in the policy of the topic, or remove the statement');
      }
    },
  });
}

/** Only of a topic that is made in the app the policy is known. */
function isOpen(topic: sns.ITopic): boolean {
  const policies = topic.node.findAll().filter(child => child instanceof sns.TopicPolicy);
  const statements = policies.flatMap(({ document }) => Stack.of(topic).resolve(document.toJSON())?.Statement ?? []);
  return statements.some(({ Effect, Principal, Action, Condition }: any) => Effect === 'Allow'
    && Condition === undefined
    && [Principal, Principal?.AWS].flat().includes('*')
    && [Action].flat().some(action => /^(\*|sns:\*|sns:Publish)$/i.test(action)));
}
