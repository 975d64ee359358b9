import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useRefetchInterval } from "@/api/live";
import { useSession } from "@/api/session";

export type Summary = components["schemas"]["Summary"];
export type VoteChoice = components["schemas"]["Vote"];

/** What waits for this person's vote, oldest deadline first. */
export function useInbox() {
  const { api } = useSession();
  const refetchInterval = useRefetchInterval();
  return useQuery({
    queryKey: ["workflows", "inbox"],
    queryFn: async () => {
      const page = unwrap(await api.GET("/api/workflows", { params: { query: { awaiting: "me", limit: 100 } } }));
      return page.workflows.toSorted((a, b) => deadline(a).localeCompare(deadline(b)));
    },
    refetchInterval,
  });
}

/** How many proposals wait for this person's vote. */
export function useInboxCount(): number {
  return useInbox().data?.length ?? 0;
}

/** When votes on a workflow end first. */
export function deadline(workflow: Summary): string {
  const open = workflow.reviews.filter((review) => review.outcome === "open");
  return open.map((review) => review.deadline).sort()[0] ?? workflow.created_at;
}

export function useVote(workflow: Summary) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (vote: { council: string; choice: VoteChoice; comment: string }) =>
      unwrap(
        await api.POST("/api/councils/{council_id}/vote", {
          params: { path: { council_id: vote.council } },
          body: {
            workflow_id: workflow.id,
            vote: vote.choice,
            // What was shown is what is voted on.
            digest: workflow.digest,
            ...(vote.comment && { comment: vote.comment }),
          },
        }),
      ),
    onSettled: () => queries.invalidateQueries(),
  });
}
