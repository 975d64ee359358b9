import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@/api/error";
import { useSession } from "@/api/session";

export function useCouncils() {
  const { api } = useSession();
  return useQuery({
    queryKey: ["councils"],
    queryFn: async () => unwrap(await api.GET("/api/councils")).councils,
  });
}
