import type { SectionReader } from './section-reader.ts'

/** How requests are signed for AWS (row C10.1). */
export type Sigv4Config = ReturnType<typeof readFields>

export function readSigv4(fields: SectionReader): Sigv4Config | undefined {
  return fields.section('sigv4', 'sigv4.plain', readFields)
}

function readFields(fields: SectionReader) {
  const config = {
    region: fields.text('region'),
    accessKey: fields.text('access_key'),
    secretKey: fields.secret('secret_key'),
    profile: fields.text('profile'),
    roleArn: fields.text('role_arn'),
    externalId: fields.text('external_id'),
    useFipsStsEndpoint: fields.flag('use_fips_sts_endpoint'),
    serviceName: fields.text('service_name'),
  }
  if ((config.accessKey === '') !== (config.secretKey === undefined)) {
    const words = 'if credentials are specified in the SigV4 config'
    fields.fields.refuse(`must provide a AWS SigV4 Access key and Secret Key ${words}`)
  }
  if (config.externalId !== '' && config.roleArn === '') {
    fields.fields.refuse('external_id can only be used with role_arn')
  }
  return config
}
