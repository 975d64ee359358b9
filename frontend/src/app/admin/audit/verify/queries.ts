import { useMutation } from "@tanstack/react-query";
import { type Filters, chosenOf, useExport } from "../queries";
import { type Report, check } from "./check";
import { linesOf } from "./lines";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";
import { type Checkpoint, type PublicKey } from "@/evidence/signature";

export type Range = Pick<Filters, "from" | "to">;
export type Verification = Report & { /** Rows of the range that were not sealed when the check began. */ unsealed: number };

type Asked = { range: Range; key: PublicKey | null; onRows: (count: number) => void; signal: AbortSignal };

/** Verifies a range of the record in this browser. */
export function useVerification() {
  const { api } = useSession();
  const begin = useExport();

  const checkpoints = async (first: number, last: number) => {
    const found: Checkpoint[] = [];
    let cursor: string | null | undefined;
    do {
      const query = { limit: 200, ...(cursor && { cursor }) };
      const page = unwrap(await api.GET("/api/admin/audit-logs/checkpoints", { params: { query } }));
      found.push(...page.checkpoints.filter(({ position, first_position }) => position >= first && (first_position ?? position) <= last));
      const oldest = page.checkpoints.at(-1);
      cursor = oldest && oldest.position >= first ? page.next_cursor : null;
    } while (cursor);
    return found;
  };

  return useMutation({
    mutationFn: async ({ range, key, onRows, signal }: Asked): Promise<Verification> => {
      const query = { limit: 200, ...chosenOf(range) };
      const newest = unwrap(await api.GET("/api/admin/audit-logs", { params: { query } })).audit_logs;
      const unsealed = new Set(newest.map(({ id }) => id));
      const report = await check({
        lines: linesOf(await begin(range, "jsonl", signal)),
        isWhole: !range.from && !range.to,
        checkpoints,
        key,
        onRows,
        onId: (id) => unsealed.delete(id),
      });
      return { ...report, unsealed: unsealed.size };
    },
    meta: { inPlace: true },
  });
}
