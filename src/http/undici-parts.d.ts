// The package's own entry brings fetch, caches, web sockets and mocks along: 1.7 MiB of live V8 heap.

declare module 'undici/lib/dispatcher/client.js' {
  import { Client as WholeClient } from 'undici'

  /** The entry adds these. */
  type Added = 'connect' | 'pipeline' | 'request' | 'stream' | 'upgrade'
  type Client = Omit<WholeClient, Added>
  const Client: new (...given: ConstructorParameters<typeof WholeClient>) => Client
  export default Client
}

declare module 'undici/lib/api/api-connect.js' {
  import type { Dispatcher } from 'undici'
  export default function connect(
    this: Pick<Dispatcher, 'dispatch'>,
    options: Omit<Dispatcher.ConnectOptions, 'origin'>,
  ): Promise<Dispatcher.ConnectData>
}

declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici'
}

declare module 'undici/lib/core/errors.js' {
  export { errors as default } from 'undici'
}
