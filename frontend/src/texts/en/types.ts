export const types = {
  title: "Types",
};
