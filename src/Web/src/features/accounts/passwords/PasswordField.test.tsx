import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { startTexts } from "../../../i18n";
import { PasswordField } from "./PasswordField";

test.each([
  ["de", "Passwort zeigen oder verbergen"],
  ["en", "Show or hide the password"],
] as const)("the button that shows the password has a name and a place in the tab order: %s", async (language, name) => {
  await startTexts(language);
  render(
    <MantineProvider>
      <PasswordField label="Passwort" />
    </MantineProvider>,
  );
  expect(screen.getByLabelText("Passwort").getAttribute("type")).toBe("password");
  const toggle = screen.getByRole("button", { name });
  expect(toggle.tabIndex).toBe(0);
  fireEvent.keyDown(toggle, { key: "Enter" });
  expect(screen.getByLabelText("Passwort").getAttribute("type")).toBe("text");
  cleanup();
});
