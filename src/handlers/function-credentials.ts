/**
 * Stands for `@aws-sdk/credential-provider-node` in the bundles: Lambda hands its credentials over in the environment
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime). Where else the SDK would look,
 * from the files of a developer to single sign-on, is a fifth of its code.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
