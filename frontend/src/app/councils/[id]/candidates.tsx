import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Council, useCouncils } from "../queries";
import { unwrap } from "@/api/error";
import { useIsAdmin, useSession } from "@/api/session";
import { councilTexts } from "@/texts";

type Props = { council: Council; value: string; onChange: (id: string) => void; error?: string };

const words = councilTexts.people;

/** Who could stand in: admins choose among everybody who may vote, others among who is seated elsewhere. */
export function Candidates({ council, value, onChange, error }: Props) {
  const isAdmin = useIsAdmin();
  const councils = useCouncils();
  const voters = useVoters(isAdmin);
  const seated = (councils.data ?? []).flatMap(({ seats }) => seats).map(({ user_id, name }) => ({ id: user_id, name }));
  const known = new Map((isAdmin ? (voters.data ?? []) : seated).map(({ id, name }) => [id, name]));
  for (const { user_id } of council.seats) known.delete(user_id);
  const options = [...known].map(([id, name]) => ({ value: id, label: name }));
  const few = options.length === 0 ? words.noDelegate : words.delegateFew;
  return (
    <NativeSelect
      label={words.delegate}
      description={isAdmin ? words.delegateHint : few}
      required
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[{ value: "", label: councilTexts.editor.choose }, ...options]}
      error={error}
    />
  );
}

function useVoters(isWanted: boolean) {
  const { api } = useSession();
  return useQuery({
    queryKey: ["users", "voters"],
    queryFn: async () =>
      unwrap(await api.GET("/api/admin/users", { params: { query: { limit: 200 } } })).users.filter(
        ({ role, state }) => role !== "viewer" && state === "active",
      ),
    enabled: isWanted,
  });
}
