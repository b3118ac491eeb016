import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef2ff",
  "#dfe6fd",
  "#bccaf8",
  "#96acf3",
  "#7692ef",
  "#6181ec",
  "#4c6ee6",
  "#3b5bdb",
  "#3350c4",
  "#2843ac",
];

const dark: MantineColorsTuple = [
  "#dfe2e8",
  "#c3c8d2",
  "#9aa1b0",
  "#6d7482",
  "#434856",
  "#343842",
  "#202228",
  "#17181c",
  "#131417",
  "#0f1013",
];

/** The look: dense, calm, one accent. Colours that stand for something (a status, an internal note) are variables in `app.css`. */
export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 7 },
  colors: { ink, dark },
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "620",
    sizes: { h1: { fontSize: "1.125rem" }, h2: { fontSize: "1rem" }, h3: { fontSize: "0.875rem" } },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 350, events: { hover: true, focus: true, touch: false } } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Menu: { defaultProps: { shadow: "md" } },
    // A title of two lines keeps away from the button that closes.
    Modal: { styles: { title: { lineHeight: 1.35, paddingInlineEnd: "0.75rem" } } },
  },
});

/** Mantine's quiet greys are too pale to read on these backgrounds (WCAG AA asks for 4.5 : 1). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-text": "#1b1e25",
    "--mantine-color-dimmed": "#5b6271",
    "--mantine-color-placeholder": "#6a7180",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-default-border": "#dde0e6",
    "--mantine-color-gray-light-color": "#3f4554",
    "--mantine-color-gray-subtle-color": "#4b5262",
  },
  dark: {
    "--mantine-color-body": "#17181c",
    "--mantine-color-text": "#dfe2e8",
    "--mantine-color-dimmed": "#9aa1b0",
    "--mantine-color-placeholder": "#98a0b0",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-default": "#202228",
    "--mantine-color-default-border": "#343842",
    "--mantine-color-default-hover": "#282b32",
  },
});
