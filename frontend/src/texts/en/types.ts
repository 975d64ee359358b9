export const types = {
  title: "Workflow types",
  limits: { saved: "The limits are changed." },
};
