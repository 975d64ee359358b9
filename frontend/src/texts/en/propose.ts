export const propose = {
  title: "Propose",
};
