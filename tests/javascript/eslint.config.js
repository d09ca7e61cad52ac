// What eslint recommends for the scripts of the pages. Names that are not defined are found by tsc.
import js from "@eslint/js";

export default [
  { ignores: ["**/node_modules/", "**/built/"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: "latest", sourceType: "module" },
    rules: {
      "no-undef": "off",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
