import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { INBOX, type Review, type Summary, type VoteChoice, openReviews } from "../queries";
import { isCode, requestIdOf, unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { toastDone, toastFailure } from "@/components/toast";
import { inboxTexts } from "@/texts";

type Schemas = components["schemas"];
export type Detail = Schemas["Detail"];
export type DryStep = Schemas["DryStep"];
export type StepView = Schemas["StepView"];

/** Kinds whose output a dry run can't tell; what a run has had is given to it instead. */
const CALLS: StepView["kind"][] = ["http_request", "send_email", "approval", "delay", "report.weekly"];

/** A workflow with everything about it. */
export function useDetail(id: string) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["workflow", id],
    queryFn: async () => unwrap(await api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id } } })),
  });
}

/**
 * What each step would do, by the code that a run does it with. What the run has come to so far, when it asks in the middle, is
 * rehearsed with. The same digest always gives the same, so that it is asked once.
 */
export function useRehearsal(workflow: Summary, steps: StepView[] = []) {
  const { api, user } = useSession();
  const known = steps.filter(({ kind, status, output }) => CALLS.includes(kind) && status === "completed" && isObject(output));
  return useQuery({
    queryKey: ["rehearsal", workflow.digest, known.map(({ name }) => name).join()],
    queryFn: async () =>
      unwrap(
        await api.POST("/api/workflow-types/{workflow_type}/dry-run", {
          params: { path: { workflow_type: workflow.workflow_type.id } },
          body: {
            version: workflow.workflow_type.version,
            inputs: workflow.inputs,
            ...(known.length > 0 && {
              outputs: Object.fromEntries(known.map(({ name, output }) => [name, output])) as Record<string, never>,
            }),
          },
        }),
      ),
    staleTime: Infinity,
    enabled: user?.role !== "viewer",
  });
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;

/** A version of a council's policy; versions never change. */
export function usePolicy(council: string, version: number) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils", council, "policy", "version", version],
    queryFn: async () => {
      const path = { council_id: council };
      const { versions } = unwrap(await api.GET("/api/councils/{council_id}/policy/versions", { params: { path } }));
      return versions.find((one) => one.version === version)?.policy ?? null;
    },
    staleTime: Infinity,
  });
}

/** How many similar decisions are shown. */
const SHOWN = 4;
const DECIDED = "completed,failed,rejected,expired,cancelled";

/** The latest decisions on workflows of the same type; null while they are looked for. */
export function useSimilar({ id, workflow_type }: Summary): Summary[] | null {
  const { api } = useSession();
  const { data, isError } = useQuery({
    queryKey: ["decided", workflow_type.id],
    queryFn: async () => {
      const query = { workflow_type: workflow_type.id, status: DECIDED, limit: SHOWN + 1 };
      return unwrap(await api.GET("/api/workflows", { params: { query } })).workflows;
    },
    staleTime: 60_000,
  });
  if (isError) return [];
  return data?.filter((one) => one.id !== id).slice(0, SHOWN) ?? null;
}

/** An open review, and what the person may do in it. */
export type Ballot = {
  review: Review;
  /** The vote that they have cast in it. */
  mine: Schemas["VoteView"] | null;
  /** As what they vote; null when they don't. */
  as: "seat" | "stand-in" | "admin" | null;
  /** Why they don't, where that is not plain. */
  because: "proposed" | "broke_glass" | "stood_in" | null;
};

/** The open reviews of a workflow, each with what the person who is signed in may do in it. The API has the last word. */
export function useBallots(workflow: Detail | undefined): Ballot[] | null {
  const { api, user } = useSession();
  const reviews = workflow ? openReviews(workflow) : [];
  const delegations = useQueries({
    queries: reviews.map(({ council_id }) => ({
      queryKey: ["councils", council_id, "delegations"],
      queryFn: async () =>
        unwrap(await api.GET("/api/councils/{council_id}/delegations", { params: { path: { council_id } } })).delegations,
      staleTime: 60_000,
      enabled: user?.role !== "viewer",
    })),
  });
  if (!workflow || !user) return null;
  if (user.role === "viewer") return [];
  // Without the delegations it is not known who votes; when they can't be had, seats alone tell.
  if (delegations.some(({ isPending }) => isPending)) return null;
  const brokeGlass = workflow.timeline.some(({ event, actor }) => event === "glass_broken" && actor.id === user.id);
  return reviews.map((review, index): Ballot => {
    const now = new Date().toISOString();
    const running = (delegations[index]?.data ?? []).filter(({ starts_at, ends_at }) => starts_at <= now && now < ends_at);
    const mine =
      workflow.votes.find(
        ({ council_id, round, voter }) =>
          council_id === review.council_id && round === review.round && voter.id === user.id,
      ) ?? null;
    const hasSeat = user.seats.some(({ council_id }) => council_id === review.council_id);
    const isStoodIn = running.some(({ holder_id }) => holder_id === user.id);
    if (workflow.proposed_by.id === user.id) return { review, mine, as: null, because: "proposed" };
    if (brokeGlass) return { review, mine, as: null, because: "broke_glass" };
    if (isStoodIn) return { review, mine, as: null, because: "stood_in" };
    const standsIn = running.some(({ delegate_id }) => delegate_id === user.id);
    const as = hasSeat ? "seat" : standsIn ? "stand-in" : user.role === "admin" ? "admin" : null;
    return { review, mine, as, because: null };
  });
}

export type Cast = { council: string; round: number; choice: VoteChoice; comment: string };

/** Whether a refusal means that what was shown is not what would be voted on. */
export const isStale = (error: unknown) => isCode(error, "digest_mismatch");

type On = {
  /** The vote is on its way. */
  cast?: (vote: Cast) => void;
  /** It was not taken. */
  refused?: (error: Error) => void;
};

/** Casts a vote on what is shown: the digest and the round go with it, and where they are others, it is refused. */
export function useVote(workflow: Summary, on: On = {}) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (vote: Cast) =>
      unwrap(
        await api.POST("/api/councils/{council_id}/vote", {
          params: { path: { council_id: vote.council } },
          body: {
            workflow_id: workflow.id,
            vote: vote.choice,
            digest: workflow.digest,
            round: vote.round,
            ...(vote.comment && { comment: vote.comment }),
          },
        }),
      ),
    meta: { inPlace: true },
    onMutate: (vote) => {
      on.cast?.(vote);
      return queries.cancelQueries({ queryKey: INBOX });
    },
    onSuccess: (recorded, { choice }) =>
      toastDone(inboxTexts.recorded(workflow.workflow_type.name, choice, recorded.status), requestIdOf(recorded)),
    onError: (error) => {
      on.refused?.(error);
      toastFailure(error);
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["workflows"] }),
        queries.invalidateQueries({ queryKey: ["workflow", workflow.id] }),
        queries.invalidateQueries({ queryKey: ["decided"] }),
      ]),
  });
}
