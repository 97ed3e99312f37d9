import { messageOf, NarthexError } from '../base/errors.ts'
import { parseSelector } from '../promql/parse/parse.ts'
import type { StorageAdmin } from '../storage/admin.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError, badParameter } from './error-reply.ts'
import { goBool } from './go-bool.ts'
import { type ApiAnswer, type ApiRequest, type ApiRoute, data } from './request.ts'
import { maxTimeMs, minTimeMs } from './time-parameter.ts'

/** Deletion, tombstones and snapshots (rows A7.4 to A7.6), behind --web.enable-admin-api. */
export function adminRoutes(options: ApiOptions): readonly ApiRoute[] {
  const methods = ['POST', 'PUT'] as const
  const guarded =
    (act: (admin: StorageAdmin, request: ApiRequest) => Promise<ApiAnswer>) =>
    (request: ApiRequest): Promise<ApiAnswer> => {
      if (options.admin === undefined) throw new ApiError('disabled', 'admin APIs disabled')
      return act(options.admin(), request)
    }
  return [
    {
      methods,
      path: 'admin/tsdb/delete_series',
      leavesParts: true,
      handle: guarded(deleteSeries),
    },
    { methods, path: 'admin/tsdb/clean_tombstones', handle: guarded(cleanTombstones) },
    { methods, path: 'admin/tsdb/snapshot', handle: guarded(snapshot) },
  ]
}

async function deleteSeries(admin: StorageAdmin, { parameters }: ApiRequest): Promise<ApiAnswer> {
  parameters.requireWhole()
  const matches = parameters.all('match[]')
  if (matches.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided')
  const range = {
    minTimeMs: parameters.timeMsOr('start', minTimeMs),
    maxTimeMs: parameters.timeMsOr('end', maxTimeMs),
  }
  const sets = matches.map((text) => {
    try {
      return parseSelector(text)
    } catch (thrown) {
      if (thrown instanceof NarthexError) throw badParameter('match[]', thrown.message)
      throw thrown
    }
  })
  await told(admin.deleteSeries(sets, range))
  return { kind: 'nothing' }
}

async function cleanTombstones(admin: StorageAdmin): Promise<ApiAnswer> {
  await told(admin.cleanTombstones())
  return { kind: 'nothing' }
}

async function snapshot(admin: StorageAdmin, { parameters }: ApiRequest): Promise<ApiAnswer> {
  const value = parameters.text('skip_head')
  const skipHead = value === '' ? false : goBool(value)
  if (skipHead === undefined) {
    const text = JSON.stringify(value)
    const words = `unable to parse boolean: strconv.ParseBool: parsing ${text}: invalid syntax`
    throw badParameter('skip_head', words)
  }
  const name = await told(admin.snapshot(skipHead), 'create snapshot: ')
  return data({ name })
}

/** What went wrong is the answer, as an error of ours. */
async function told<T>(work: Promise<T>, prefix = ''): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw new ApiError('internal', prefix + messageOf(thrown))
    throw thrown
  }
}
