import { MutationCache, QueryClient } from "@tanstack/react-query";
import { ApiError, requestIdOf } from "./error";
import { toastDone, toastFailure } from "@/components/toast";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: Error;
    mutationMeta: {
      /** What to say when it has succeeded. */
      done?: string;
      /** Whoever calls shows what went wrong in its place. */
      inPlace?: true;
    };
  }
}

/**
 * The cache of what the API said. A query's key begins with what it is about (`workflows`, `councils`, ...), so that all that
 * an act changed can be fetched again by that word. Acts say how they ended in toasts: see `mutationMeta`.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // Without a connection, what is asked fails at once and says so: what waited for one would look as if it were new, and
      // an act could be lost with its page.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.isPassing),
        staleTime: 2000,
      },
    },
    mutationCache: new MutationCache({
      onSuccess: (data, _variables, _context, mutation) => {
        if (mutation.meta?.done) toastDone(mutation.meta.done, requestIdOf(data));
      },
      onError: (error, _variables, _context, mutation) => {
        if (!mutation.meta?.inPlace) toastFailure(error);
      },
    }),
  });
}
