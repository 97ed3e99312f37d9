/** The level of compatibility comes first: exporters and their logs look for it. */
export const userAgent = 'Prometheus/3.14.0 (Narthex)'
