/** Councils and their policies. */
export const councils = {
  title: "Councils",
  default: "default",
  everything: "what no other council answers for",
  seats: "Seats",
  noSeats: "Nobody is seated: admins decide.",
  domains: "Answers for",
  policy: (version: number) => `Policy, version ${version}`,
};
