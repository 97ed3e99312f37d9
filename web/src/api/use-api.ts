import { useQuery } from '@tanstack/react-query'
import { fetchApi } from './fetch-api.ts'

/** The data of a GET of /api/v1/PATH, asked again every `refreshMs` while the page is seen. */
export function useApi<T>(path: string, refreshMs?: number) {
  return useQuery({
    queryKey: ['api', path],
    queryFn: async ({ signal }) => (await fetchApi<T>({ path, signal })).data,
    ...(refreshMs === undefined ? {} : { refetchInterval: refreshMs }),
  })
}
