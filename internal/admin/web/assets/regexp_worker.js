// Matches paths against a pattern with RegExp, as editors do. It is a worker, so that the page
// can stop it when it takes too long.
onmessage = ({ data: { pattern, paths } }) => {
  try {
    const regexp = new RegExp(pattern);
    postMessage({ matches: paths.map((path) => regexp.test(path)) });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
