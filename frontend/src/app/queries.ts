import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import { useRefetchInterval } from "@/api/live";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";

export type Summary = components["schemas"]["Summary"];
export type Review = components["schemas"]["ReviewView"];
export type VoteChoice = components["schemas"]["Vote"];

export const INBOX = ["workflows", "inbox"] as const;

/** More than so many pages of proposals nobody looks through in one go; what is voted on makes room for the next. */
const MAX_PAGES = 5;

/** What waits for this person's vote, the next deadline first. */
export function useInbox() {
  const { api, user } = useSession();
  const refetchInterval = useRefetchInterval();
  return useQuery({
    queryKey: INBOX,
    queryFn: async () => {
      const found: Summary[] = [];
      let cursor: string | null | undefined;
      for (let page = 0; page < MAX_PAGES && cursor !== null; page++) {
        const query = { awaiting: "me" as const, limit: 200, ...(cursor && { cursor }) };
        const answer = unwrap(await api.GET("/api/workflows", { params: { query } }));
        found.push(...answer.workflows);
        cursor = answer.next_cursor ?? null;
      }
      return found.toSorted((a, b) => deadline(a).localeCompare(deadline(b)) || a.id.localeCompare(b.id));
    },
    refetchInterval,
    enabled: user?.role !== "viewer",
  });
}

/** How many proposals wait for this person's vote. */
export function useInboxCount(): number {
  return useInbox().data?.length ?? 0;
}

/** The reviews of a workflow that take votes. */
export function openReviews(workflow: Pick<Summary, "reviews">): Review[] {
  return workflow.reviews.filter((review) => review.outcome === "open");
}

/** When votes on a workflow end first. */
export function deadline(workflow: Summary): string {
  return (
    openReviews(workflow)
      .map((review) => review.deadline)
      .sort()[0] ?? workflow.created_at
  );
}
