import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";
import { useSession } from "@/api/session";
import { typeTexts } from "@/texts";

type Schemas = components["schemas"];

type Wanted = { id: string; domain: string; content: Omit<Schemas["ReplaceWorkflowType"], "domain"> };

/** Adds a type, or the next version of one under the tag of the version that it replaces. */
export function useSave(tag: string | null) {
  const { api } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, domain, content }: Wanted) =>
      unwrap(
        tag === null
          ? await api.POST("/api/workflow-types", { body: { id, domain, ...content } })
          : await api.PUT("/api/workflow-types/{workflow_type}", {
              params: { path: { workflow_type: id }, header: { "If-Match": tag } },
              body: content,
            }),
      ),
    meta: { inPlace: true, done: tag === null ? typeTexts.editor.created : typeTexts.editor.saved },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["types"] }),
  });
}
