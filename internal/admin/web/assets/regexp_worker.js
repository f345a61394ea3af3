// Tries a pattern as editors do: where it can be stopped when it takes too long.
onmessage = ({ data: { pattern, paths } }) => {
  try {
    const regexp = new RegExp(pattern);
    postMessage({ matches: paths.map((path) => regexp.test(path)) });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
