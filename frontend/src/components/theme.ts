import { type CSSVariablesResolver, createTheme } from "@mantine/core";
import { texts } from "@/texts";

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
  autoContrast: true,
  components: {
    // In the colour of its alert, a title has too little contrast: 2.7 to 1 in yellow.
    Alert: { styles: { title: { color: "var(--mantine-color-text)" } } },
    ModalCloseButton: { defaultProps: { "aria-label": texts.close } },
    DrawerCloseButton: { defaultProps: { "aria-label": texts.close } },
    // In a dialog, a `header` would be one of the page.
    ModalHeader: { defaultProps: { role: "none" } },
    DrawerHeader: { defaultProps: { role: "none" } },
  },
});

/** Mantine's greys for quiet texts have less contrast than WCAG 2.2 asks for (1.4.3: 4.5 to 1); these have more. */
export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "var(--mantine-color-gray-7)",
    "--mantine-color-placeholder": "var(--mantine-color-gray-7)",
    "--mantine-color-error": "var(--mantine-color-red-9)",
    "--mantine-color-anchor": "var(--mantine-color-indigo-8)",
    // Under the pointer, a light button is too dark for its word.
    "--mantine-color-indigo-light-hover": "color-mix(in srgb, var(--mantine-color-indigo-1), var(--mantine-color-indigo-2))",
    "--mantine-color-yellow-light-color": "color-mix(in srgb, var(--mantine-color-yellow-9), black 45%)",
    "--mantine-color-red-light-color": "color-mix(in srgb, var(--mantine-color-red-9), black 20%)",
  },
  dark: {
    "--mantine-color-dimmed": "var(--mantine-color-dark-1)",
    "--mantine-color-placeholder": "var(--mantine-color-dark-1)",
    "--mantine-color-error": "var(--mantine-color-red-4)",
    "--mantine-color-anchor": "var(--mantine-color-indigo-3)",
  },
});
