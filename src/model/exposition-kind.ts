/**
 * What pages of metrics are written in. Prototext is protobuf for people to read: each field on a line of
 * its own, or each family.
 */
export type ExpositionKind = 'text' | 'openmetrics' | 'protobuf' | 'prototext' | 'compact prototext'
